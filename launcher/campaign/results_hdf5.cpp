// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/results_hdf5.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "io/hdf5/hdf5_file.hpp"

namespace yates::campaign {
namespace {

void write_table(io::Hdf5File& file, const CsvTable& table) {
  file.create_group("results");
  for (std::size_t column = 0; column < table.header.size(); ++column) {
    const std::string& name = table.header[column];
    const std::string dataset = "results/" + name;
    if (name == "seed") {
      std::vector<std::int64_t> values;
      for (const auto& row : table.rows) {
        values.push_back(parse_integer(row[column]).value_or(-1));
      }
      file.write_column(dataset, std::span<const std::int64_t>(values));
    } else if (name == "dice" || name == "hd95_mm") {
      std::vector<double> values;
      for (std::size_t row = 0; row < table.rows.size(); ++row) {
        values.push_back(table.number(row, column));
      }
      file.write_column(dataset, std::span<const double>(values));
    } else {
      std::vector<std::string> values;
      for (const auto& row : table.rows) {
        values.push_back(row[column]);
      }
      file.write_column(dataset, std::span<const std::string>(values));
    }
  }
}

}  // namespace

void write_results_hdf5(const std::filesystem::path& path,
                        const config::StudyFile& study,
                        const CampaignResults& results) {
  AtomicFile target(path);
  io::Hdf5File file = io::Hdf5File::create(target.temporary_path());
  const std::int64_t schema[] = {1};
  file.write_attribute("/", "schema", schema);
  file.write_attribute("/", "study", study.spec.name);
  std::error_code ignored;
  const std::filesystem::path plan = plan_path(study);
  file.write_attribute("/",
                       "plan_sha256",
                       std::filesystem::exists(plan, ignored) ? sha256_file(plan) : std::string());
  write_table(file, results.table);
  file.close();
  target.commit();
}

}  // namespace yates::campaign
