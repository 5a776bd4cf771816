// SPDX-License-Identifier: Apache-2.0
// Cross-entropy of voxel labels on the CPU, float32: loss and gradient in one pass.
#pragma once

#include "kernels/loss/voxel_cross_entropy.hpp"
#include "kernels/simd/isa.hpp"
#include "kernels/simd/parallel.hpp"

namespace yates::kernels {

/// What voxel_cross_entropy_reference computes: the loss within 1e-7 (1 + loss), the gradient
/// within 1e-6 (relative L2). Every voxel's loss is a float32; they are added in double, in blocks
/// of 4096 voxels of one sample, block after block: the same bits on every run and with any runner,
/// given the instruction set. A voxel's loss does not depend on the batch. Throws Error{BadData}
/// for a label out of range.
double voxel_cross_entropy_cpu(const CrossEntropyShape& shape,
                               const CrossEntropyInputs<float>& inputs,
                               float* gradient,
                               const ParallelRunner& parallel = run_serially,
                               Isa isa = best_isa());

}  // namespace yates::kernels
