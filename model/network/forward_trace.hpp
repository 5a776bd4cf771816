// SPDX-License-Identifier: Apache-2.0
// What a forward pass tells beside its logits, to whom asks.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/fce/foreground_head.hpp"

namespace yates::model {

struct ForwardTrace {
  /// Filled by a network that has foreground heads: one per Mamba stage, in their order.
  std::vector<ForegroundReading> foreground;
  /// Called after each block with its published name and its output: "encoder1",
  /// "vit.downsample_layers.0", "vit.gscs.0.1", "vit.fce.2", "vit.stages.2.0", "vit.mlps.0",
  /// "decoder5", "out" ... May be empty.
  std::function<void(const std::string& block, const at::Tensor& output)> on_block;

  void tell(const std::string& block, const at::Tensor& output) const {
    if (on_block) {
      on_block(block, output);
    }
  }
};

}  // namespace yates::model
