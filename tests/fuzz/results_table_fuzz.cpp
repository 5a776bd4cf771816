// SPDX-License-Identifier: Apache-2.0
// A table of results is read or refused; a table written as CSV is read again unchanged.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/csv.hpp"
#include "launcher/study/results_table.hpp"
#include "tests/fuzz/input_folder.hpp"

namespace yates::fuzz {
namespace {

void check_rewritten(const CsvTable& table) {
  std::string text = csv_line(table.header);
  for (const auto& row : table.rows) {
    text += csv_line(row);
  }
  const CsvTable again = parse_csv(text, "written");
  must(again.header == table.header && again.rows == table.rows,
       "a table is read again as it was written");
}

void check(std::string_view text) {
  accepted([&] {
    const CsvTable table = parse_csv(text, "input");
    check_rewritten(table);
    const study::StudyData data = study::read_results(table, {});
    for (const study::Response& response : data.responses) {
      must(response.run_values.size() == data.runs.size(), "every run has a value");
    }
  });
}

}  // namespace
}  // namespace yates::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yates::fuzz;
  check(text_of(data, size));
  return 0;
}
