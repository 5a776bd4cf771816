// SPDX-License-Identifier: Apache-2.0
// Mean and deviation of every channel of every sample on a GPU: the first half of InstanceNorm.
#pragma once

#include <cstdint>

#include "kernels/norm/instance_norm.hpp"
#include "kernels/simt/column_sums.cuh"

namespace yates::kernels {

inline constexpr std::int64_t kMomentKinds = 2;  ///< Of a part: mean, squared deviations.

/// Where part `part` of this block's problem keeps `kind` of channel 0.
__device__ inline std::int64_t part_place(const ColumnGrid& grid,
                                          std::int64_t problem,
                                          std::int64_t part,
                                          std::int64_t kinds,
                                          std::int64_t kind) {
  return ((problem * grid.parts + part) * kinds + kind) * grid.channels;
}

/// Writes the moments of x, in float32 within parts and in double over these. `parts` has
/// grid.problems * grid.parts * kMomentKinds * grid.channels floats of scratch memory. V is float,
/// Float16 or BFloat16.
template <typename V>
void channel_moments_cuda(const ColumnGrid& grid,
                          const V* x,
                          double epsilon,
                          const InstanceNormMoments& moments,
                          float* parts,
                          Stream stream);

}  // namespace yates::kernels
