// SPDX-License-Identifier: Apache-2.0
// Floating-point operations of one forward pass of one sample, from the layer list alone.
#pragma once

#include <array>
#include <cstdint>

#include "model/layer.hpp"

namespace yates::model {

/// Two ways of counting one layer, in FLOP.
struct FlopCount {
  /// 2 x every multiply-accumulate of convolutions, linear layers and Mamba's causal convolution,
  /// for all three token orders.
  std::int64_t matrix = 0;
  /// As module-hook counters see the published code: in_proj and dt_proj missing, convolution
  /// biases and normalisation elements added. Fitted to the paper's printed figures; the small
  /// terms are not identified by them.
  std::int64_t hooks = 0;

  FlopCount& operator+=(const FlopCount& other);
};

/// Counts one layer at a patch of (D, H, W) voxels whose sides are multiples of 16.
FlopCount flop_count(const Layer& layer, const std::array<std::int64_t, 3>& patch);

}  // namespace yates::model
