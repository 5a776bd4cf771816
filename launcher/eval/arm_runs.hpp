// SPDX-License-Identifier: Apache-2.0
// Which runs belong to one arm, by the names of their directories.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

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

}  // namespace yates::eval
