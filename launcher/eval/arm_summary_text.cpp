// SPDX-License-Identifier: Apache-2.0
// The summary of arms for people, as a table, and as JSON.
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/csv.hpp"
#include "base/text.hpp"
#include "launcher/eval/arm_summary.hpp"
#include "launcher/eval/metric_columns.hpp"

namespace yates::eval {
namespace {

/// "Dice 0.9123, sd 0.0102, 0.9011 to 0.9201".
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
