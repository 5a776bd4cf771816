// SPDX-License-Identifier: Apache-2.0
// What a network weighs and costs, in total and per module of the published tree.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "model/options.hpp"
#include "model/profile/flop_count.hpp"

namespace yates::model {

/// One row: a module such as "encoder1", "vit.gscs.0" or "vit.stages.2".
struct ModuleRow {
  std::string name;
  std::int64_t parameters = 0;
  FlopCount flop;
};

/// The module that a layer or block belongs to: "vit.gscs.0" of "vit.gscs.0.1.se.fc.0", "decoder5"
/// of "decoder5.transp_conv.conv".
std::string module_of(const std::string& layer);

/// Totals and rows, in the order of the state dict.
struct ParameterTable {
  std::int64_t parameters = 0;
  std::int64_t tensors = 0;
  FlopCount flop;
  std::vector<ModuleRow> modules;
};

/// Counts without allocating or running the network: microseconds at any width. `patch` is
/// (D, H, W) voxels of one sample. Precondition: `check_options` and `check_patch` passed.
ParameterTable parameter_table(const ModelOptions& options,
                               const std::array<std::int64_t, 3>& patch);

}  // namespace yates::model
