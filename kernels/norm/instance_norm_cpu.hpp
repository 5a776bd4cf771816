// SPDX-License-Identifier: Apache-2.0
// InstanceNorm, residual and activation on the CPU, float32.
#pragma once

#include "kernels/norm/instance_norm.hpp"
#include "kernels/simd/isa.hpp"
#include "kernels/simd/parallel.hpp"

namespace yates::kernels {

/// What `instance_norm_reference` computes, within 1e-6 (relative L2) where means are not large
/// against deviations: the mean is kept in float32. Writes y, the moments of x and, if it is
/// normalised, those of the residual. Voxels are summed in float32 within blocks of a size that
/// depends on channels and layout alone, and blocks in double, one after the other: the same bits
/// on every run, with any runner and at any batch size, given the instruction set and the layout.
void instance_norm_forward_cpu(const InstanceNormShape& shape,
                               const InstanceNormInputs<float>& inputs,
                               float* y,
                               const InstanceNormMoments& moments,
                               const InstanceNormMoments& residual_moments,
                               const ParallelRunner& parallel = run_serially,
                               Isa isa = best_isa());

/// What `instance_norm_backward_reference` computes, within 1e-5 (relative L2), with the same
/// statement of bits. The forward pass's moments are only read.
void instance_norm_backward_cpu(const InstanceNormShape& shape,
                                const InstanceNormSaved<float>& saved,
                                const float* grad_y,
                                const InstanceNormGradients<float>& gradients,
                                const ParallelRunner& parallel = run_serially,
                                Isa isa = best_isa());

}  // namespace yates::kernels
