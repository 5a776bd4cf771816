// SPDX-License-Identifier: Apache-2.0
// The columns of a results table: which metrics and regions there are, where a table has them, and
// which of them are factors.
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/csv.hpp"
#include "base/error.hpp"
#include "launcher/eval/metric_columns.hpp"
#include "launcher/study/design.hpp"
#include "launcher/study/results_table.hpp"

namespace yates::study {

inline constexpr std::array kMetrics = {eval::kMetricColumns[0], eval::kMetricColumns[1]};
/// A column that the table does not have.
inline constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

/// The column indices of everything that is read.
struct ResultsColumns {
  std::vector<std::size_t> factors;
  std::size_t seed = 0;
  std::size_t case_id = 0;
  std::size_t region = 0;
  std::array<std::size_t, kMetrics.size()> metrics{};
  std::size_t status = kNowhere;
  std::size_t convention = kNowhere;
};

/// The factors of the study, or of the options, or all columns that are nothing else.
std::vector<Factor> factors_of(const CsvTable& table, const ResultsOptions& options);

/// Throws Error{BadData} if a column is missing, or all metrics are.
ResultsColumns columns_of(const CsvTable& table, const Design& design);

/// The convention whose rows are read; empty if the table has no such column. Throws
/// Error{BadData} if the table has no row of the one that is asked for.
std::string chosen_convention(const CsvTable& table,
                              const ResultsColumns& columns,
                              const ResultsOptions& options);

/// Throws an Error that names the table, and its line where there is a row.
[[noreturn]] void fail_results(const CsvTable& table,
                               std::optional<std::size_t> row,
                               std::string what,
                               std::string allowed,
                               std::string fix = "",
                               ExitCode code = ExitCode::BadData);

}  // namespace yates::study
