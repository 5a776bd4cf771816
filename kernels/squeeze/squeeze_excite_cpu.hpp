// SPDX-License-Identifier: Apache-2.0
// Squeeze-excite on the CPU, float32.
#pragma once

#include "kernels/simd/isa.hpp"
#include "kernels/simd/parallel.hpp"
#include "kernels/squeeze/squeeze_excite.hpp"

namespace yates::kernels {

/// What `squeeze_excite_reference` computes, within 1e-6 (relative L2). Voxels are summed in
/// float32 within blocks of a size that depends on channels and layout alone, and blocks in double,
/// one after the other: the same bits on every run, with any runner and at any batch size, given
/// the instruction set and the layout.
void squeeze_excite_forward_cpu(const SqueezeExciteShape& shape,
                                const SqueezeExciteInputs<float>& inputs,
                                const SqueezeExciteKept<float>& kept,
                                float* y,
                                const ParallelRunner& parallel = run_serially,
                                Isa isa = best_isa());

/// What `squeeze_excite_backward_reference` computes, within 1e-5 (relative L2; 5e-5 for weights,
/// whose gradients are sums of both signs over all voxels and the batch), with the same statement
/// of bits.
void squeeze_excite_backward_cpu(const SqueezeExciteShape& shape,
                                 const SqueezeExciteInputs<float>& inputs,
                                 const SqueezeExciteKept<float>& kept,
                                 const float* grad_y,
                                 const SqueezeExciteGradients<float>& gradients,
                                 const ParallelRunner& parallel = run_serially,
                                 Isa isa = best_isa());

}  // namespace yates::kernels
