// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/arm_summary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <regex>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/csv.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "launcher/eval/metric_columns.hpp"

namespace yates::eval {
namespace {

namespace fs = std::filesystem;

constexpr std::array kRegionNames = {"WT", "TC", "ET", "mean"};
constexpr std::size_t kMean = 3;
constexpr const char* kTable = "cases.csv";

std::string arm_of(const fs::path& run) {
  static const std::regex seed("-s[0-9]+(-[0-9a-f]{8})?$");
  return std::regex_replace(run.filename().string(), seed, "");
}

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
    for (const auto& [case_id, figures] : (*run)[kMean].by_case) {
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

/// "0.9123 (runs 0.9011 to 0.9201)".
std::string runs_text(const char* metric, const Distribution& runs, int digits) {
  return fmt::format("{} {:.{}f}, sd {:.{}f}, {:.{}f} to {:.{}f}",
                     metric,
                     runs.mean,
                     digits,
                     runs.sd,
                     digits,
                     runs.min,
                     digits,
                     runs.max,
                     digits);
}

Json spread_json(const Distribution& runs) {
  return {{"n", runs.n},
          {"mean", json_number(runs.mean)},
          {"sd", json_number(runs.sd)},
          {"min", json_number(runs.min)},
          {"max", json_number(runs.max)}};
}

}  // namespace

std::vector<ArmRuns> find_arms(const std::vector<fs::path>& dirs) {
  std::map<std::string, std::set<fs::path>> found;
  std::vector<Problem> problems;
  ExitCode code = ExitCode::BadData;
  for (const fs::path& dir : dirs) {
    const fs::path named = dir.filename().empty() ? dir.parent_path() : dir;
    if (!fs::is_directory(named)) {
      code = ExitCode::InputMissing;
      problems.push_back(
          {.what = "no such folder", .where = dir.string(), .allowed = "", .fix = "check --runs"});
      continue;
    }
    std::set<fs::path> runs;
    if (fs::exists(named / kTable)) {
      runs.insert(named);
    } else {
      for (const fs::directory_entry& entry : fs::directory_iterator(named)) {
        if (fs::exists(entry.path() / kTable)) {
          runs.insert(entry.path());
        }
      }
    }
    if (runs.empty()) {
      problems.push_back({.what = "no cases.csv in this folder or in those below it",
                          .where = dir.string(),
                          .allowed = "run directories, or a folder of run directories",
                          .fix = "yates evaluate --predictions RUN/predictions --references DIR "
                                 "--out RUN/cases.csv"});
    }
    for (const fs::path& run : runs) {
      found[arm_of(run)].insert(run / kTable);
    }
  }
  if (!problems.empty()) {
    throw Error(code, problems);
  }
  std::vector<ArmRuns> arms;
  for (const auto& [arm, tables] : found) {
    arms.push_back({arm, {tables.begin(), tables.end()}});
  }
  return arms;
}

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

std::vector<std::string> arm_lines(const std::vector<ArmSummary>& arms) {
  std::vector<std::string> lines;
  for (const ArmSummary& arm : arms) {
    lines.push_back(fmt::format("arm {}, convention {}: {} runs of {} cases",
                                arm.arm,
                                arm.convention.empty() ? "not named" : arm.convention,
                                arm.runs,
                                arm.cases));
    const std::vector<std::string> table = region_lines(arm.regions);
    lines.insert(lines.end(), table.begin(), table.end());
    for (std::size_t r = 0; r < arm.regions.size(); ++r) {
      lines.push_back(fmt::format("  means of the runs, {}: {}; {}",
                                  arm.regions[r].region,
                                  runs_text("Dice", arm.run_dice[r], 4),
                                  runs_text("HD95 mm", arm.run_hd95_mm[r], 3)));
    }
    lines.push_back(fmt::format("  lowest mean Dice: {}", fmt::join(arm.lowest_dice_cases, ", ")));
  }
  return lines;
}

std::string arms_csv(const std::vector<ArmSummary>& arms) {
  std::string text =
      "arm,convention,region,metric,runs,cases,n,undefined,mean,sd,median,q25,q75,min,max,"
      "run_mean_sd,failed,both_empty,pred_empty,ref_empty\n";
  const auto row = [&](const ArmSummary& arm,
                       const RegionSummary& region,
                       const char* metric,
                       const Distribution& values,
                       double run_sd) {
    text += csv_line({arm.arm,
                      arm.convention,
                      region.region,
                      metric,
                      fmt::format("{}", arm.runs),
                      fmt::format("{}", arm.cases),
                      fmt::format("{}", values.n),
                      fmt::format("{}", values.undefined),
                      format_number(values.mean),
                      format_number(values.sd),
                      format_number(values.median),
                      format_number(values.q25),
                      format_number(values.q75),
                      format_number(values.min),
                      format_number(values.max),
                      format_number(run_sd),
                      fmt::format("{}", region.failed),
                      fmt::format("{}", region.both_empty),
                      fmt::format("{}", region.pred_empty),
                      fmt::format("{}", region.ref_empty)});
  };
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  for (const ArmSummary& arm : arms) {
    for (std::size_t r = 0; r < arm.regions.size(); ++r) {
      const RegionSummary& region = arm.regions[r];
      row(arm, region, kMetricColumns[0], region.dice, arm.run_dice[r].sd);
      row(arm, region, kMetricColumns[1], region.hd95_mm, arm.run_hd95_mm[r].sd);
      row(arm, region, kMetricColumns[2], region.nsd_1mm, kNaN);
      row(arm, region, kMetricColumns[3], region.assd_mm, kNaN);
    }
  }
  return text;
}

Json arms_json(const std::vector<ArmSummary>& arms) {
  Json list = Json::array();
  for (const ArmSummary& arm : arms) {
    Json regions = Json::array();
    for (std::size_t r = 0; r < arm.regions.size(); ++r) {
      Json region = region_json(arm.regions[r]);
      region["run_dice"] = spread_json(arm.run_dice[r]);
      region["run_hd95_mm"] = spread_json(arm.run_hd95_mm[r]);
      regions.push_back(region);
    }
    list.push_back({{"arm", arm.arm},
                    {"convention", arm.convention},
                    {"runs", arm.runs},
                    {"cases", arm.cases},
                    {"regions", regions},
                    {"lowest_dice_cases", arm.lowest_dice_cases}});
  }
  return {{"schema", 1}, {"arms", list}};
}

}  // namespace yates::eval
