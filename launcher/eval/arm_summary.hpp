// SPDX-License-Identifier: Apache-2.0
// The scores of all runs of an arm together: what one run's table says, over several.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "launcher/eval/arm_runs.hpp"
#include "launcher/eval/summary.hpp"

namespace yates::eval {

/// One arm in one convention.
struct ArmSummary {
  std::string arm;
  std::string convention;
  std::int64_t runs = 0;
  std::int64_t cases = 0;              ///< Of each run.
  std::vector<RegionSummary> regions;  ///< WT, TC, ET, mean; over all cases of all runs.
  std::vector<Distribution> run_dice;  ///< By region, over the means of the runs.
  std::vector<Distribution> run_hd95_mm;
  std::vector<std::string> lowest_dice_cases;  ///< Up to three, by mean Dice over runs and regions.
};

/// Sums up every arm in every convention of its tables. Throws Error{BadData} for damaged tables
/// and for runs of an arm that were scored on other cases or conventions than its first, all at
/// once: no mean stands on fewer cases than it says.
std::vector<ArmSummary> summarise_arms(const std::vector<ArmRuns>& arms);

std::vector<std::string> arm_lines(const std::vector<ArmSummary>& arms);

/// One row per arm, convention, region and metric, with a header.
std::string arms_csv(const std::vector<ArmSummary>& arms);

/// {"schema", "arms": [{"arm", "convention", "runs", "cases", "regions": [as summary_json, with
/// "run_dice" and "run_hd95_mm": spread of the runs' means], "lowest_dice_cases"}]}.
Json arms_json(const std::vector<ArmSummary>& arms);

}  // namespace yates::eval
