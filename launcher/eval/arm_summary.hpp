// SPDX-License-Identifier: Apache-2.0
// The scores of all runs of an arm together: what one run's table says, over several.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "launcher/eval/summary.hpp"

namespace yates::eval {

/// The tables of the runs of one arm.
struct ArmRuns {
  std::string arm;
  std::vector<std::filesystem::path> tables;  ///< RUN/cases.csv, sorted.
};

/// Finds the runs in `dirs`: run directories with a cases.csv, or folders of such (a campaign's
/// `runs`). The arm of a run is its name without the seed: base-s1 and base-s2-0a1b2c3d are runs of
/// `base`. Sorted by arm. Throws Error{InputMissing} for missing folders, Error{BadData} for
/// folders without any cases.csv, all at once.
std::vector<ArmRuns> find_arms(const std::vector<std::filesystem::path>& dirs);

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
