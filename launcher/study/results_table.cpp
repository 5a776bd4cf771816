// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/results_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "launcher/eval/metric_columns.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

constexpr std::array kMetrics = {eval::kMetricColumns[0], eval::kMetricColumns[1]};
constexpr std::array kRegions = {"WT", "TC", "ET", "mean"};
constexpr std::size_t kMean = 3;
constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();
constexpr double kPointsPerFraction = 100;
constexpr double kFailureMm = 20;
const double kUndefined = std::numeric_limits<double>::quiet_NaN();

/// Columns that are no factors where the study does not name the factors.
bool is_known_column(const std::string& name) {
  constexpr std::array kOthers = {"seed", "case", "region", "status", "convention"};
  const auto has = [&](const auto& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return has(kOthers) || has(eval::kMetricColumns);
}

[[noreturn]] void fail(const CsvTable& table,
                       std::optional<std::size_t> row,
                       std::string what,
                       std::string allowed,
                       std::string fix = "",
                       ExitCode code = ExitCode::BadData) {
  throw Error(
      code,
      Problem{.what = std::move(what),
              .where = row ? fmt::format("{}:{}", table.origin, table.lines[*row]) : table.origin,
              .allowed = std::move(allowed),
              .fix = std::move(fix)});
}

[[noreturn]] void fail_field(const CsvTable& table,
                             std::size_t row,
                             std::size_t column,
                             std::string what,
                             const std::string& allowed,
                             std::string fix = "") {
  throw Error(ExitCode::BadData,
              table.problem_at(row, column, std::move(what), allowed, std::move(fix)));
}

/// The column indices of everything that is read.
struct Columns {
  std::vector<std::size_t> factors;
  std::size_t seed = 0;
  std::size_t case_id = 0;
  std::size_t region = 0;
  std::array<std::size_t, kMetrics.size()> metrics{};
  std::size_t status = kNowhere;
  std::size_t convention = kNowhere;
};

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

Columns columns_of(const CsvTable& table, const Design& design) {
  Columns columns;
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

/// The convention whose rows are read; empty if the table has no such column.
std::string chosen_convention(const CsvTable& table,
                              const Columns& columns,
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
    fail(table,
         {},
         fmt::format("there is no row of the convention '{}'", wanted),
         "the table has: " + join(names, ", "),
         "name one with --convention");
  }
  return wanted;
}

/// Collects the rows into runs; nothing is averaged yet.
class Collector {
 public:
  Collector(const CsvTable& table, const Design& design, const Columns& columns)
      : table_(table), design_(design), columns_(columns) {
    for (std::size_t f = 0; f < design.factors().size(); ++f) {
      level_index_.emplace_back();
      for (std::size_t level = 0; level < design.factors()[f].levels.size(); ++level) {
        level_index_[f][design.factors()[f].levels[level]] = level;
      }
    }
  }

  struct Run {
    std::string status = "ok";
    std::size_t first_row = 0;
    std::array<std::array<std::map<std::string, std::pair<double, std::size_t>>, kRegions.size()>,
               kMetrics.size()>
        values;
  };
  using Key = std::pair<std::size_t, std::int64_t>;

  void add(std::size_t row) {
    const std::vector<std::string>& fields = table_.rows[row];
    const Key key{cell_of(row), seed_of(row)};
    Run*& slot = index_[key];
    if (slot == nullptr) {
      slot = &runs[key];
      slot->first_row = row;
    }
    Run& run = *slot;
    if (columns_.status != kNowhere && fields[columns_.status] != "ok") {
      run.status = status_of(row);
    }
    if (run.status == "failed") {
      return;
    }
    const std::size_t region = region_of(row);
    for (std::size_t m = 0; m < kMetrics.size(); ++m) {
      if (columns_.metrics[m] != kNowhere) {
        store(run, m, region, row);
      }
    }
  }

  std::map<Key, Run> runs;

 private:
  std::size_t cell_of(std::size_t row) {
    level_buffer_.clear();
    for (std::size_t f = 0; f < columns_.factors.size(); ++f) {
      const std::string level(trim(table_.rows[row][columns_.factors[f]]));
      const auto found = level_index_[f].find(level);
      if (found == level_index_[f].end()) {
        const Factor& factor = design_.factors()[f];
        fail_field(table_,
                   row,
                   columns_.factors[f],
                   fmt::format("factor '{}' has the level '{}'", factor.name, level),
                   "its levels are: " + join(factor.levels, ", "),
                   suggestion(level, factor.levels));
      }
      level_buffer_.push_back(found->second);
    }
    return design_.cell(level_buffer_);
  }

  std::int64_t seed_of(std::size_t row) const {
    const std::string& text = table_.rows[row][columns_.seed];
    const auto seed = parse_integer(trim(text));
    if (!seed) {
      fail_field(table_,
                 row,
                 columns_.seed,
                 fmt::format("column 'seed' holds '{}'", text),
                 "a whole number");
    }
    return *seed;
  }

  std::string status_of(std::size_t row) const {
    const std::string& text = table_.rows[row][columns_.status];
    constexpr std::array kStates = {"ok", "diverged", "collapsed", "failed"};
    if (std::find(kStates.begin(), kStates.end(), text) == kStates.end()) {
      fail_field(table_,
                 row,
                 columns_.status,
                 fmt::format("column 'status' holds '{}'", text),
                 "ok, diverged, collapsed, failed");
    }
    return text;
  }

  std::size_t region_of(std::size_t row) const {
    const std::string& text = table_.rows[row][columns_.region];
    const auto found = std::find(kRegions.begin(), kRegions.end(), text);
    if (found == kRegions.end()) {
      fail_field(table_,
                 row,
                 columns_.region,
                 fmt::format("column 'region' holds '{}'", text),
                 "WT, TC, ET, mean");
    }
    return static_cast<std::size_t>(found - kRegions.begin());
  }

  void store(Run& run, std::size_t metric, std::size_t region, std::size_t row) const {
    double value = table_.number(row, columns_.metrics[metric]);
    if (metric == 0) {
      if (value < 0 || value > 1) {
        fail_field(table_,
                   row,
                   columns_.metrics[0],
                   fmt::format("dice is {}", table_.rows[row][columns_.metrics[0]]),
                   "a fraction in [0, 1], or nan",
                   "percentages must be divided by 100");
      }
      value *= kPointsPerFraction;
    } else if (value < 0) {
      fail_field(table_,
                 row,
                 columns_.metrics[metric],
                 fmt::format("hd95_mm is {}", value),
                 "a distance >= 0, nan or inf");
    }
    const std::string& id = table_.rows[row][columns_.case_id];
    const auto [place, added] = run.values[metric][region].emplace(id, std::pair(value, row));
    if (!added) {
      fail(table_,
           row,
           fmt::format("case '{}' has its {} twice for this run, first in line {}",
                       id,
                       kRegions[region],
                       table_.lines[place->second.second]),
           "each case and region once per run");
    }
  }

  const CsvTable& table_;
  const Design& design_;
  const Columns& columns_;
  std::vector<std::unordered_map<std::string, std::size_t>> level_index_;
  std::vector<std::size_t> level_buffer_;
  std::map<Key, Run*> index_;
};

/// The mean over WT, TC and ET per case, where the table does not give it.
void derive_mean(Collector::Run& run) {
  for (auto& regions : run.values) {
    if (!regions[kMean].empty() || regions[0].size() != regions[1].size() ||
        regions[0].size() != regions[2].size()) {
      continue;
    }
    for (const auto& [id, value] : regions[0]) {
      const auto tc = regions[1].find(id);
      const auto et = regions[2].find(id);
      if (tc != regions[1].end() && et != regions[2].end()) {
        const double sum = value.first + tc->second.first + et->second.first;
        regions[kMean].emplace(id, std::pair(sum / 3, value.second));
      }
    }
  }
}

/// All cases that any run was scored on. Throws if some run lacks one of them.
std::vector<std::string> common_cases(const CsvTable& table,
                                      const std::map<Collector::Key, Collector::Run>& runs,
                                      std::size_t metric,
                                      std::size_t region) {
  std::set<std::string> all;
  for (const auto& [key, run] : runs) {
    for (const auto& value : run.values[metric][region]) {
      all.insert(value.first);
    }
  }
  for (const auto& [key, run] : runs) {
    const auto& values = run.values[metric][region];
    if (values.size() == all.size()) {
      continue;
    }
    const auto missing = std::find_if(all.begin(), all.end(), [&](const std::string& id) {
      return values.find(id) == values.end();
    });
    fail(table,
         run.first_row,
         fmt::format("this run has {} of {} cases of {} {}; '{}' is missing",
                     values.size(),
                     all.size(),
                     kRegions[region],
                     kMetrics[metric],
                     *missing),
         "every run scored on the same cases",
         "evaluate the run again, or mark it status=failed",
         ExitCode::Incomplete);
  }
  return {all.begin(), all.end()};
}

Response make_response(const std::map<Collector::Key, Collector::Run>& runs,
                       std::size_t metric,
                       std::size_t region,
                       std::vector<std::string>& warnings) {
  Response response{.metric = kMetrics[metric],
                    .region = kRegions[region],
                    .higher_is_better = higher_is_better(kMetrics[metric])};
  for (const auto& [key, run] : runs) {
    std::vector<double> values;
    for (const auto& value : run.values[metric][region]) {
      values.push_back(value.second.first);
    }
    if (metric != 0) {
      const auto failed = std::count_if(
          values.begin(), values.end(), [](double mm) { return !(mm <= kFailureMm); });
      response.failed_share.push_back(static_cast<double>(failed) /
                                      static_cast<double>(values.size()));
    }
    response.case_values.push_back(std::move(values));
  }
  std::vector<std::size_t> finite;
  const std::size_t cases = response.case_values.front().size();
  for (std::size_t i = 0; i < cases; ++i) {
    const bool defined = std::all_of(response.case_values.begin(),
                                     response.case_values.end(),
                                     [&](const auto& values) { return std::isfinite(values[i]); });
    if (defined) {
      finite.push_back(i);
    }
  }
  if (finite.size() < cases) {
    warnings.push_back(
        fmt::format("{} {}: {} of {} cases are undefined in some run and left out of it in all "
                    "runs; a convention without undefined values (segmamba, brats2023) keeps them",
                    response.metric,
                    response.region,
                    cases - finite.size(),
                    cases));
    for (auto& values : response.case_values) {
      std::vector<double> kept;
      for (const std::size_t i : finite) {
        kept.push_back(values[i]);
      }
      values = std::move(kept);
    }
  }
  for (const auto& values : response.case_values) {
    response.run_values.push_back(values.empty() ? kUndefined : mean(values));
  }
  return response;
}

void drop_failed(std::map<Collector::Key, Collector::Run>& runs,
                 const Design& design,
                 std::vector<std::string>& warnings) {
  for (auto run = runs.begin(); run != runs.end();) {
    if (run->second.status != "failed") {
      ++run;
      continue;
    }
    warnings.push_back(fmt::format("run failed and has no result: {}, seed {}",
                                   design.describe(design.levels(run->first.first)),
                                   run->first.second));
    run = runs.erase(run);
  }
}

void warn_of_missing_runs(const StudyData& data,
                          const ResultsOptions& options,
                          std::vector<std::string>& warnings) {
  std::set<std::int64_t> seeds;
  std::set<Collector::Key> present;
  for (const RunRecord& run : data.runs) {
    seeds.insert(run.seed);
    present.insert({run.cell, run.seed});
  }
  Design planned = data.design;
  if (options.study) {
    planned = Design(options.study->factors, options.study->exclude);
    seeds.insert(options.study->seeds.begin(), options.study->seeds.end());
  }
  std::size_t expected = 0;
  std::size_t missing = 0;
  for (std::size_t cell = 0; cell < planned.size(); ++cell) {
    for (const std::int64_t seed : seeds) {
      expected += planned.is_run(cell) ? 1 : 0;
      missing += planned.is_run(cell) && present.count({cell, seed}) == 0 ? 1 : 0;
    }
  }
  if (missing > 0) {
    warnings.push_back(fmt::format("{} of {} runs are missing", missing, expected));
  }
}

}  // namespace

StudyData read_results(const CsvTable& table, const ResultsOptions& options) {
  StudyData data{.design = Design(factors_of(table, options))};
  const Columns columns = columns_of(table, data.design);
  data.convention = chosen_convention(table, columns, options);
  Collector collector(table, data.design, columns);
  TableFindings findings;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    if (columns.convention == kNowhere || table.rows[row][columns.convention] == data.convention) {
      findings.gather([&] { collector.add(row); });
    }
  }
  findings.throw_if_any();
  auto& runs = collector.runs;
  drop_failed(runs, data.design, data.warnings);
  if (runs.empty()) {
    fail(table,
         {},
         "there is no run with results",
         "at least one run that did not fail",
         "",
         ExitCode::Incomplete);
  }
  std::vector<bool> run_flags(data.design.size(), false);
  for (auto& [key, run] : runs) {
    derive_mean(run);
    run_flags[key.first] = true;
    data.runs.push_back({.cell = key.first, .seed = key.second, .status = run.status});
  }
  data.design.set_run(std::move(run_flags));
  for (std::size_t metric = 0; metric < kMetrics.size(); ++metric) {
    for (std::size_t region = 0; region < kRegions.size(); ++region) {
      const auto cases = common_cases(table, runs, metric, region);
      if (cases.empty()) {
        continue;
      }
      data.cases = cases;
      Response response = make_response(runs, metric, region, data.warnings);
      if (!std::isnan(response.run_values.front())) {
        data.responses.push_back(std::move(response));
      }
    }
  }
  warn_of_missing_runs(data, options, data.warnings);
  return data;
}

}  // namespace yates::study
