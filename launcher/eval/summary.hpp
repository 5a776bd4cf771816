// SPDX-License-Identifier: Apache-2.0
// Means over cases, always with the number of cases they stand on.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "launcher/eval/evaluation.hpp"

namespace yates::eval {

/// A metric over the cases for which it is defined.
struct Distribution {
  std::int64_t n = 0;          ///< Cases with a defined value.
  std::int64_t undefined = 0;  ///< Cases without.
  double mean = 0.0;           ///< NaN if n is 0, as the other figures.
  double sd = 0.0;             ///< Population standard deviation, as the reference code reports.
  double median = 0.0;
  double q25 = 0.0;
  double q75 = 0.0;
  double min = 0.0;
  double max = 0.0;
};

/// Summarises values; NaN counts as undefined. Quantiles interpolate linearly.
Distribution distribution(const std::vector<double>& values);

/// The figures of one region, one value per case (or per case and run).
struct RegionFigures {
  std::vector<double> dice;
  std::vector<double> hd95_mm;
  std::vector<double> nsd_1mm;
  std::vector<double> assd_mm;
};

/// One region, or the mean of the three.
struct RegionSummary {
  std::string region;
  Distribution dice;
  Distribution hd95_mm;
  Distribution nsd_1mm;
  Distribution assd_mm;
  std::int64_t both_empty = 0;  ///< Cases (for the mean: regions of cases).
  std::int64_t pred_empty = 0;  ///< Prediction alone.
  std::int64_t ref_empty = 0;   ///< Reference alone.
  std::int64_t failed = 0;      ///< HD95 above 20 mm or undefined.
};

/// Fills in the distributions of `summary` and what failed.
RegionSummary with_figures(RegionSummary summary, const RegionFigures& figures);

struct ConventionSummary {
  Convention convention = Convention::Segmamba;
  std::vector<RegionSummary> regions;          ///< WT, TC, ET, mean.
  std::vector<std::string> lowest_dice_cases;  ///< Up to three, by mean Dice, lowest first.
};

std::vector<ConventionSummary> summarise(const Evaluation& evaluation);

/// The summary as lines for people: for every region and metric mean, sd, median and quartiles with
/// the number of cases that they stand on, the empty masks beside it, and the failures.
std::vector<std::string> summary_lines(const Evaluation& evaluation);

/// Such lines of one table, below its heading.
std::vector<std::string> region_lines(const std::vector<RegionSummary>& regions);

/// The summary of a region as in `summary_json`.
Json region_json(const RegionSummary& summary);

/// {"schema", "cases", "conventions": [{"convention", "regions": [{"region", "dice": {"n",
/// "undefined", "mean", "sd", "median", "q25", "q75", "min", "max"}, "hd95_mm", "nsd_1mm",
/// "assd_mm", "both_empty", "pred_empty", "ref_empty", "failed"}], "lowest_dice_cases"}]}.
Json summary_json(const Evaluation& evaluation);

}  // namespace yates::eval
