// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/arm_summary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/csv.hpp"
#include "base/error.hpp"
#include "launcher/eval/metric_columns.hpp"

namespace yates::eval {
namespace {

namespace fs = std::filesystem;

/// What the rows of one region say of one run.
struct RegionRows {
  std::map<std::string, std::array<double, kMetricColumns.size()>> by_case;
};
using RunRows = std::array<RegionRows, kRegionNames.size()>;

/// The rows of one run, by convention.
std::map<std::string, RunRows> read_run(const fs::path& path) {
  const CsvTable table = read_csv(path);
  const std::size_t case_id = table.column("case");
  const std::size_t region = table.column("region");
  const auto convention = table.find_column("convention");
  std::array<std::optional<std::size_t>, kMetricColumns.size()> columns;
  std::transform(
      kMetricColumns.begin(), kMetricColumns.end(), columns.begin(), [&](const char* name) {
        return table.find_column(name);
      });
  (void)table.column(kMetricColumns[0]);
  std::map<std::string, RunRows> runs;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const auto& fields = table.rows[row];
    const auto known = std::find(kRegionNames.begin(), kRegionNames.end(), fields[region]);
    if (known == kRegionNames.end()) {
      throw Error(ExitCode::BadData,
                  Problem{.what = "region '" + fields[region] + "'",
                          .where = fmt::format("{}:{}", table.origin, table.lines[row]),
                          .allowed = "WT, TC, ET, mean",
                          .fix = ""});
    }
    auto& by_case = runs[convention ? fields[*convention] : ""]
                        .at(static_cast<std::size_t>(known - kRegionNames.begin()))
                        .by_case;
    auto& figures = by_case[fields[case_id]];
    for (std::size_t i = 0; i < columns.size(); ++i) {
      figures[i] =
          columns[i] ? table.number(row, *columns[i]) : std::numeric_limits<double>::quiet_NaN();
    }
  }
  return runs;
}

std::set<std::string> cases_of(const std::map<std::string, RunRows>& run) {
  std::set<std::string> cases;
  for (const auto& [convention, regions] : run) {
    for (const RegionRows& region : regions) {
      for (const auto& [case_id, figures] : region.by_case) {
        cases.insert(convention + " " + case_id);
      }
    }
  }
  return cases;
}

double mean_of(const std::vector<double>& values) {
  return distribution(values).mean;
}

constexpr std::size_t kPredVoxels = 7;
constexpr std::size_t kRefVoxels = 8;

/// One region of one arm: every run's cases.
struct Pool {
  RegionSummary summary;
  RegionFigures figures;
  std::vector<double> run_dice;
  std::vector<double> run_hd95_mm;

  void add(const RegionRows& rows) {
    std::vector<double> dice;
    std::vector<double> hd95_mm;
    for (const auto& [case_id, values] : rows.by_case) {
      dice.push_back(values[0]);
      hd95_mm.push_back(values[1]);
      figures.nsd_1mm.push_back(values[2]);
      figures.assd_mm.push_back(values[3]);
      const bool pred_empty = values[kPredVoxels] == 0;
      const bool ref_empty = values[kRefVoxels] == 0;
      summary.both_empty += pred_empty && ref_empty ? 1 : 0;
      summary.pred_empty += pred_empty && !ref_empty ? 1 : 0;
      summary.ref_empty += !pred_empty && ref_empty ? 1 : 0;
    }
    run_dice.push_back(mean_of(dice));
    run_hd95_mm.push_back(mean_of(hd95_mm));
    figures.dice.insert(figures.dice.end(), dice.begin(), dice.end());
    figures.hd95_mm.insert(figures.hd95_mm.end(), hd95_mm.begin(), hd95_mm.end());
  }
};

std::vector<std::string> lowest_cases(const std::vector<const RunRows*>& runs) {
  std::map<std::string, double> sums;
  for (const RunRows* run : runs) {
    for (const auto& [case_id, figures] : (*run)[kMeanRegion].by_case) {
      sums[case_id] += figures[0];
    }
  }
  std::vector<std::pair<double, std::string>> order;
  for (const auto& [case_id, sum] : sums) {
    if (!std::isnan(sum)) {
      order.emplace_back(sum, case_id);
    }
  }
  std::sort(order.begin(), order.end());
  std::vector<std::string> cases;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, order.size()); ++i) {
    cases.push_back(order[i].second);
  }
  return cases;
}

ArmSummary summarise_arm(const std::string& arm,
                         const std::string& convention,
                         const std::vector<const RunRows*>& runs) {
  ArmSummary result{.arm = arm,
                    .convention = convention,
                    .runs = static_cast<std::int64_t>(runs.size()),
                    .cases = static_cast<std::int64_t>((*runs[0])[0].by_case.size()),
                    .regions = {},
                    .run_dice = {},
                    .run_hd95_mm = {},
                    .lowest_dice_cases = lowest_cases(runs)};
  for (std::size_t r = 0; r < kRegionNames.size(); ++r) {
    Pool pool;
    pool.summary.region = kRegionNames[r];
    for (const RunRows* run : runs) {
      pool.add((*run)[r]);
    }
    if (pool.figures.dice.empty()) {
      continue;
    }
    result.regions.push_back(with_figures(std::move(pool.summary), pool.figures));
    result.run_dice.push_back(distribution(pool.run_dice));
    result.run_hd95_mm.push_back(distribution(pool.run_hd95_mm));
  }
  return result;
}

}  // namespace

std::vector<ArmSummary> summarise_arms(const std::vector<ArmRuns>& arms) {
  std::vector<ArmSummary> result;
  std::vector<Problem> problems;
  for (const ArmRuns& arm : arms) {
    std::vector<std::map<std::string, RunRows>> runs;
    for (const fs::path& path : arm.tables) {
      runs.push_back(read_run(path));
      const std::size_t first = cases_of(runs.front()).size();
      if (cases_of(runs.back()) != cases_of(runs.front())) {
        problems.push_back(
            {.what = fmt::format("the run has other cases or conventions ({}) than the first run "
                                 "of arm {} ({})",
                                 cases_of(runs.back()).size(),
                                 arm.arm,
                                 first),
             .where = path.string(),
             .allowed = "those of " + arm.tables.front().string(),
             .fix = "evaluate both on the same cases"});
      }
    }
    for (const auto& [convention, rows] : runs.front()) {
      std::vector<const RunRows*> same;
      for (const auto& run : runs) {
        if (const auto found = run.find(convention); found != run.end()) {
          same.push_back(&found->second);
        }
      }
      result.push_back(summarise_arm(arm.arm, convention, same));
    }
  }
  if (!problems.empty()) {
    throw Error(ExitCode::BadData, problems);
  }
  return result;
}

}  // namespace yates::eval
