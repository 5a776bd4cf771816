// SPDX-License-Identifier: Apache-2.0
// The summary for people and as JSON.
#include <fmt/format.h>

#include "launcher/eval/summary.hpp"

namespace yates::eval {
namespace {

Json to_json(const Distribution& values) {
  return {{"n", values.n},
          {"undefined", values.undefined},
          {"mean", json_number(values.mean)},
          {"sd", json_number(values.sd)},
          {"median", json_number(values.median)},
          {"q25", json_number(values.q25)},
          {"q75", json_number(values.q75)},
          {"min", json_number(values.min)},
          {"max", json_number(values.max)}};
}

std::string figures_text(const Distribution& values, int digits) {
  if (values.n == 0) {
    return fmt::format("{:>9} {:>8} {:>9} {:>17} {:>5}", "-", "-", "-", "-", 0);
  }
  return fmt::format("{:>9.{}f} {:>8.{}f} {:>9.{}f} {:>8.{}f}-{:<8.{}f} {:>5}",
                     values.mean,
                     digits,
                     values.sd,
                     digits,
                     values.median,
                     digits,
                     values.q25,
                     digits,
                     values.q75,
                     digits,
                     values.n);
}

std::string line(const RegionSummary& summary,
                 const char* metric,
                 const Distribution& values,
                 int digits) {
  return fmt::format("  {:<6} {:<8} {} {:>9} {:>6} {:>5} {:>5}",
                     summary.region,
                     metric,
                     figures_text(values, digits),
                     values.undefined,
                     summary.both_empty,
                     summary.pred_empty,
                     summary.ref_empty);
}

/// Failures stand behind the distances, which define them.
std::string failures(const RegionSummary& summary) {
  const auto cases = static_cast<double>(summary.hd95_mm.n + summary.hd95_mm.undefined);
  return fmt::format("  {} ({:.1f} %) above 20 mm or undefined",
                     summary.failed,
                     cases > 0 ? 100 * static_cast<double>(summary.failed) / cases : 0.0);
}

/// The two lines above the figures.
std::vector<std::string> heading() {
  return {fmt::format("  {:>90}", "empty masks"),
          fmt::format("  {:<6} {:<8} {:>9} {:>8} {:>9} {:>17} {:>5} {:>9} {:>6} {:>5} {:>5}",
                      "region",
                      "metric",
                      "mean",
                      "sd",
                      "median",
                      "quartiles",
                      "n",
                      "undefined",
                      "both",
                      "pred",
                      "ref")};
}

}  // namespace

std::vector<std::string> region_lines(const std::vector<RegionSummary>& regions) {
  std::vector<std::string> lines = heading();
  for (const RegionSummary& region : regions) {
    lines.push_back(line(region, "Dice", region.dice, 4));
    lines.push_back(line(region, "HD95 mm", region.hd95_mm, 3) + failures(region));
    lines.push_back(line(region, "NSD 1 mm", region.nsd_1mm, 4));
    lines.push_back(line(region, "ASSD mm", region.assd_mm, 3));
  }
  return lines;
}

Json region_json(const RegionSummary& summary) {
  return {{"region", summary.region},
          {"dice", to_json(summary.dice)},
          {"hd95_mm", to_json(summary.hd95_mm)},
          {"nsd_1mm", to_json(summary.nsd_1mm)},
          {"assd_mm", to_json(summary.assd_mm)},
          {"both_empty", summary.both_empty},
          {"pred_empty", summary.pred_empty},
          {"ref_empty", summary.ref_empty},
          {"failed", summary.failed}};
}

std::vector<std::string> summary_lines(const Evaluation& evaluation) {
  std::vector<std::string> lines;
  for (const ConventionSummary& summary : summarise(evaluation)) {
    lines.push_back(fmt::format("convention {}: {}",
                                convention_name(summary.convention),
                                convention_rule(summary.convention)));
    const std::vector<std::string> table = region_lines(summary.regions);
    lines.insert(lines.end(), table.begin(), table.end());
    lines.push_back(
        fmt::format("  lowest mean Dice: {}", fmt::join(summary.lowest_dice_cases, ", ")));
  }
  return lines;
}

Json summary_json(const Evaluation& evaluation) {
  Json conventions = Json::array();
  for (const ConventionSummary& summary : summarise(evaluation)) {
    Json regions = Json::array();
    for (const RegionSummary& region : summary.regions) {
      regions.push_back(region_json(region));
    }
    conventions.push_back({{"convention", convention_name(summary.convention)},
                           {"regions", regions},
                           {"lowest_dice_cases", summary.lowest_dice_cases}});
  }
  return {{"schema", 1}, {"cases", evaluation.cases.size()}, {"conventions", conventions}};
}

}  // namespace yates::eval
