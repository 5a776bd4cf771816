// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/results_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "launcher/study/results_collector.hpp"
#include "launcher/study/results_columns.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

constexpr double kFailureMm = 20;
const double kUndefined = std::numeric_limits<double>::quiet_NaN();

/// The mean over WT, TC and ET per case, where the table does not give it.
void derive_mean(CollectedRun& run) {
  for (auto& regions : run.values) {
    if (!regions[eval::kMeanRegion].empty() || regions[0].size() != regions[1].size() ||
        regions[0].size() != regions[2].size()) {
      continue;
    }
    for (const auto& [id, value] : regions[0]) {
      const auto tc = regions[1].find(id);
      const auto et = regions[2].find(id);
      if (tc != regions[1].end() && et != regions[2].end()) {
        const double sum = value.first + tc->second.first + et->second.first;
        regions[eval::kMeanRegion].emplace(id, std::pair(sum / 3, value.second));
      }
    }
  }
}

/// All cases that any run was scored on. Throws if some run lacks one of them.
std::vector<std::string> common_cases(const CsvTable& table,
                                      const CollectedRuns& runs,
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
    fail_results(table,
                 run.first_row,
                 fmt::format("this run has {} of {} cases of {} {}; '{}' is missing",
                             values.size(),
                             all.size(),
                             eval::kRegionNames[region],
                             kMetrics[metric],
                             *missing),
                 "every run scored on the same cases",
                 "evaluate the run again, or mark it status=failed",
                 ExitCode::Incomplete);
  }
  return {all.begin(), all.end()};
}

Response make_response(const CollectedRuns& runs,
                       std::size_t metric,
                       std::size_t region,
                       std::vector<std::string>& warnings) {
  Response response{.metric = kMetrics[metric],
                    .region = eval::kRegionNames[region],
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

void drop_failed(CollectedRuns& runs, const Design& design, std::vector<std::string>& warnings) {
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
  std::set<RunKey> present;
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
  const ResultsColumns columns = columns_of(table, data.design);
  data.convention = chosen_convention(table, columns, options);
  ResultsCollector collector(table, data.design, columns);
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
    fail_results(table,
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
    for (std::size_t region = 0; region < eval::kRegionNames.size(); ++region) {
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
