// SPDX-License-Identifier: Apache-2.0
// Where the time of a forward pass goes, per module of the published tree: the paper's Table 5.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/network/segmamba.hpp"

namespace yates::model {

/// A module such as "encoder1", "vit.gscs.0" or "vit.stages.2".
struct ModuleTime {
  std::string name;
  double ms = 0;
};

/// One forward pass; its modules in the order of the state dict. A module's time ends when its last
/// block is finished and begins where the block before it ended, so that the times add up to the
/// total.
struct TimeProfile {
  double total_ms = 0;
  std::vector<ModuleTime> modules;
};

/// Wall time of forward passes of one sample x (1, 4, d, h, w), in its type and where it lies,
/// without gradients; a GPU is waited for after every block. One pass to warm up, then `repeats`,
/// of which the one with the median total is returned. Precondition: repeats >= 1.
TimeProfile time_profile(const SegMamba& network, const at::Tensor& x, std::int64_t repeats);

/// One row of the paper's Table 5.
struct ProfileRow {
  std::string name;
  double ms = 0;
  double share_pct = 0;  ///< Of the total.
};

/// Table 5's rows of times for this arm: all Mamba layers, those of each Mamba stage with their
/// tokens L, what runs at full resolution, and its modules.
std::vector<ProfileRow> table5_rows(const TimeProfile& profile,
                                    const ModelOptions& options,
                                    const std::array<std::int64_t, 3>& patch);

}  // namespace yates::model
