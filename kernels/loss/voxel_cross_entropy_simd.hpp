// SPDX-License-Identifier: Apache-2.0
// The vector loop of voxel_cross_entropy_cpu.cpp.
#pragma once

#include <cstdint>

#include "kernels/simd/dispatch.hpp"

namespace yates::kernels {

/// Some voxels of one sample.
struct CrossEntropyBlock {
  const float* logits = nullptr;         ///< First voxel of label 0.
  const std::int64_t* labels = nullptr;  ///< (voxel)
  float* gradient = nullptr;             ///< As `logits`, or null.
  std::int64_t label_count = 0;
  std::int64_t voxels = 0;
  std::int64_t label_stride = 0;  ///< Elements from one label's plane to the next.
  float scale = 0;                ///< Factor of the gradient.
};

/// The sum of the voxels' losses.
YATES_PER_ISA(double cross_entropy_block(const CrossEntropyBlock& block))

}  // namespace yates::kernels
