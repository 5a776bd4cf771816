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

Json to_json(const RegionSummary& summary) {
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

std::string mean_sd_n(const Distribution& values, int digits) {
  return values.n == 0
             ? fmt::format("{:>8} {:>7} {:>5}", "-", "-", 0)
             : fmt::format(
                   "{:>8.{}f} {:>7.{}f} {:>5}", values.mean, digits, values.sd, digits, values.n);
}

std::string mean_n(const Distribution& values, int digits) {
  return values.n == 0 ? fmt::format("{:>8} {:>5}", "-", 0)
                       : fmt::format("{:>8.{}f} {:>5}", values.mean, digits, values.n);
}

std::string line(const RegionSummary& summary) {
  return fmt::format("  {:<6} {} {} {} {} {:>5} {:>5} {:>5} {:>6}",
                     summary.region,
                     mean_sd_n(summary.dice, 4),
                     mean_sd_n(summary.hd95_mm, 3),
                     mean_n(summary.nsd_1mm, 4),
                     mean_n(summary.assd_mm, 3),
                     summary.both_empty,
                     summary.pred_empty,
                     summary.ref_empty,
                     summary.failed);
}

/// The two lines above the figures; each mean is followed by the number of cases it stands on.
std::vector<std::string> heading() {
  const std::string empty_note = "empty masks";
  return {fmt::format(
              "  {:<6} {:>8} {:>7} {:>5} {:>8} {:>7} {:>5} {:>8} {:>5} {:>8} {:>5} {:>17} {:>6}",
              "",
              "",
              "",
              "",
              "HD95",
              "",
              "",
              "NSD",
              "",
              "ASSD",
              "",
              empty_note,
              "HD95"),
          fmt::format("  {:<6} {:>8} {:>7} {:>5} {:>8} {:>7} {:>5} {:>8} {:>5} {:>8} {:>5} {:>5} "
                      "{:>5} {:>5} {:>6}",
                      "region",
                      "Dice",
                      "sd",
                      "n",
                      "mm",
                      "sd",
                      "n",
                      "1 mm",
                      "n",
                      "mm",
                      "n",
                      "both",
                      "pred",
                      "ref",
                      ">20mm")};
}

}  // namespace

std::vector<std::string> summary_lines(const Evaluation& evaluation) {
  std::vector<std::string> lines;
  for (const ConventionSummary& summary : summarise(evaluation)) {
    lines.push_back(fmt::format("convention {}: {}",
                                convention_name(summary.convention),
                                convention_rule(summary.convention)));
    for (const std::string& head : heading()) {
      lines.push_back(head);
    }
    for (const RegionSummary& region : summary.regions) {
      lines.push_back(line(region));
    }
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
      regions.push_back(to_json(region));
    }
    conventions.push_back({{"convention", convention_name(summary.convention)},
                           {"regions", regions},
                           {"lowest_dice_cases", summary.lowest_dice_cases}});
  }
  return {{"schema", 1}, {"cases", evaluation.cases.size()}, {"conventions", conventions}};
}

}  // namespace yates::eval
