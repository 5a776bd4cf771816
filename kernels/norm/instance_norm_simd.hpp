// SPDX-License-Identifier: Apache-2.0
// The vector loops of instance_norm_cpu.cpp over a block of rows (kernels/simd/channel_rows.hpp).
#pragma once

#include <cstdint>

#include "kernels/norm/instance_norm.hpp"
#include "kernels/simd/dispatch.hpp"

namespace yates::kernels {

/// Pointers to the first row; unused ones are null.
struct InstanceNormBlock {
  ChannelBlock block = {};
  Residual residual_kind = Residual::None;
  float negative_slope = 1;
  const float* x = nullptr;
  const float* residual = nullptr;
  const float* y = nullptr;  ///< Read by the gradients where there is a residual.
  const float* grad_y = nullptr;
  /// Tiles: mean and 1 / sqrt(variance + epsilon); for the residual only if it is normalised.
  const float *mean = nullptr, *factor = nullptr;
  const float *residual_mean = nullptr, *residual_factor = nullptr;
};

/// Tiles of sums over the block: of the gradient before the normalisation, and of its products with
/// n(x) and n(r).
struct InstanceNormSums {
  float *gradient = nullptr, *along = nullptr, *residual_along = nullptr;
};

/// Where the gradients go, and tiles of the means that belong to `InstanceNormSums`.
struct InstanceNormTarget {
  const float *gradient = nullptr, *along = nullptr, *residual_along = nullptr;
  float *grad_x = nullptr, *grad_residual = nullptr;
};

/// sums[t]: the sum over the block of the elements at place t of a tile.
YATES_PER_ISA(void instance_norm_sum(const ChannelBlock& block, const float* x, float* sums))
/// The same of x - mean and of its square.
YATES_PER_ISA(void instance_norm_deviation(
    const ChannelBlock& block, const float* x, const float* mean, float* sums, float* squares))
YATES_PER_ISA(void instance_norm_apply(const InstanceNormBlock& block, float* y))
YATES_PER_ISA(void instance_norm_gradient_sums(const InstanceNormBlock& block,
                                               const InstanceNormSums& sums))
YATES_PER_ISA(void instance_norm_gradient(const InstanceNormBlock& block,
                                          const InstanceNormTarget& target))

}  // namespace yates::kernels
