// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/pair_noise.hpp"

#include <cmath>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

#include "launcher/study/cell_rows.hpp"

namespace yates::study {

PairNoise read_pair_noise(const CsvTable& table, const std::string& response) {
  std::vector<std::size_t> columns;
  for (std::size_t column = 0; column < table.header.size(); ++column) {
    if (table.header[column].ends_with("_" + response)) {
      columns.push_back(column);
    }
  }
  if (columns.size() != 2 || table.rows.empty()) {
    refuse_table(
        fmt::format(
            "{} columns end with '_{}', over {} rows", columns.size(), response, table.rows.size()),
        table.origin,
        fmt::format("exactly two, e.g. first_{0} and second_{0}, one row per pair of runs",
                    response));
  }
  double squares = 0;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const double difference =
        finite_number(table, row, columns[0]) - finite_number(table, row, columns[1]);
    squares += difference * difference;
  }
  const auto pairs = static_cast<double>(table.rows.size());
  return {.sd = std::sqrt(squares / (2 * pairs)), .df = pairs};
}

}  // namespace yates::study
