// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/results_columns.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"

namespace yates::study {
namespace {

/// Columns that are no factors where the study does not name the factors.
bool is_known_column(const std::string& name) {
  constexpr std::array kOthers = {"seed", "case", "region", "status", "convention"};
  const auto has = [&](const auto& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return has(kOthers) || has(eval::kMetricColumns);
}

}  // namespace

std::vector<Factor> factors_of(const CsvTable& table, const ResultsOptions& options) {
  if (options.study) {
    return options.study->factors;
  }
  std::vector<std::string> names = options.factors;
  if (names.empty()) {
    std::copy_if(
        table.header.begin(), table.header.end(), std::back_inserter(names), [](const auto& name) {
          return !is_known_column(name);
        });
  }
  std::vector<Factor> factors;
  for (const std::string& name : names) {
    if (const auto fixed = find_factor(options.levels, name)) {
      factors.push_back(options.levels[*fixed]);
      continue;
    }
    const std::size_t column = table.column(name);
    std::vector<std::string> texts;
    for (const auto& row : table.rows) {
      texts.emplace_back(trim(row[column]));
    }
    factors.push_back({name, ordered_levels(texts)});
  }
  return factors;
}

ResultsColumns columns_of(const CsvTable& table, const Design& design) {
  ResultsColumns columns;
  for (const Factor& factor : design.factors()) {
    columns.factors.push_back(table.column(factor.name));
  }
  columns.seed = table.column("seed");
  columns.case_id = table.column("case");
  columns.region = table.column("region");
  bool any = false;
  for (std::size_t m = 0; m < kMetrics.size(); ++m) {
    columns.metrics[m] = table.find_column(kMetrics[m]).value_or(kNowhere);
    any = any || columns.metrics[m] != kNowhere;
  }
  if (!any) {
    (void)table.column(kMetrics[0]);
  }
  columns.status = table.find_column("status").value_or(kNowhere);
  columns.convention = table.find_column("convention").value_or(kNowhere);
  return columns;
}

std::string chosen_convention(const CsvTable& table,
                              const ResultsColumns& columns,
                              const ResultsOptions& options) {
  if (columns.convention == kNowhere) {
    return "";
  }
  std::set<std::string> present;
  for (const auto& row : table.rows) {
    present.insert(row[columns.convention]);
  }
  std::string wanted = options.convention;
  if (wanted.empty() && options.study) {
    wanted = options.study->convention;
  }
  if (wanted.empty()) {
    wanted = present.size() == 1 ? *present.begin() : "segmamba";
  }
  if (present.count(wanted) == 0) {
    const std::vector<std::string> names(present.begin(), present.end());
    fail_results(table,
                 {},
                 fmt::format("there is no row of the convention '{}'", wanted),
                 "the table has: " + join(names, ", "),
                 "name one with --convention");
  }
  return wanted;
}

void fail_results(const CsvTable& table,
                  std::optional<std::size_t> row,
                  std::string what,
                  std::string allowed,
                  std::string fix,
                  ExitCode code) {
  throw Error(
      code,
      Problem{.what = std::move(what),
              .where = row ? fmt::format("{}:{}", table.origin, table.lines[*row]) : table.origin,
              .allowed = std::move(allowed),
              .fix = std::move(fix)});
}

}  // namespace yates::study
