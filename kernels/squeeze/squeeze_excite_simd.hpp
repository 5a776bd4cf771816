// SPDX-License-Identifier: Apache-2.0
// The vector loops of squeeze_excite_cpu.cpp over a block of rows.
#pragma once

#include "kernels/simd/dispatch.hpp"
#include "kernels/squeeze/squeeze_excite.hpp"

namespace yates::kernels {

/// Pointers to the first element of the block in up to three volumes.
struct SqueezeTerms {
  const float* of[kMostTerms] = {};
  int count = 1;
};

/// Writes the sum of the terms, unless `sum` is null, and a tile of its sums over the rows.
YATES_PER_ISA(void squeeze_block(
    const ChannelBlock& block, const SqueezeTerms& terms, float* sum, float* tile_sums))
/// A tile of sums of a * b over the rows.
YATES_PER_ISA(void product_sums_block(
    const ChannelBlock& block, const float* a, const float* b, float* tile_sums))
/// y = x * factor + shift, both tiles; shift may be null for none.
YATES_PER_ISA(void scale_block(
    const ChannelBlock& block, const float* x, const float* factor, const float* shift, float* y))

}  // namespace yates::kernels
