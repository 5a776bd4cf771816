// SPDX-License-Identifier: Apache-2.0
// A small world for end-to-end tests: phantom cases, shards, a split, a run configuration.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/command.hpp"

namespace yates::testing {

/// Runs `yates` under `mpirun -np ranks` in `directory`.
CommandResult run_yates_ranks(int ranks,
                              std::vector<std::string> arguments,
                              const std::string& directory);

/// Makes `cases` phantom cases of 48^3 voxels in `root`/cases, shards in `root`/shards, and
/// `root`/split.json. Returns what failed, or an empty text.
std::string make_small_world(const std::filesystem::path& root, int cases);

/// A run configuration for that world: width 8, patch 32^3, `epochs` epochs of `steps_per_epoch`
/// steps, run directory `root`/`run`. Written to `root`/`run`.yaml, whose path is returned.
std::filesystem::path write_small_run(const std::filesystem::path& root,
                                      const std::string& run,
                                      int epochs,
                                      int steps_per_epoch);

}  // namespace yates::testing
