// SPDX-License-Identifier: Apache-2.0
// The fast causal convolution on the CPU, float32: forward and backward over token-major rows.
#pragma once

#include "kernels/conv/row_conv.hpp"
#include "kernels/simd/isa.hpp"
#include "kernels/simd/parallel.hpp"

namespace yates::kernels {

/// Writes y (batch, token, channel), contiguous. width <= 8. The same bits on every run and with
/// any runner, given the instruction set. Agrees with causal_conv1d_forward_reference within 2e-6
/// (relative L2). Sizes may be 0.
void row_conv_forward_cpu(const RowConvShape& shape,
                          const RowConvInputs& inputs,
                          float* y,
                          const ParallelRunner& parallel = run_serially,
                          Isa isa = best_isa());

/// Writes the gradients of sum(y * grad_y), grad_y (batch, token, channel) contiguous; recomputes
/// the pre-activations. Deterministic as the forward pass.
void row_conv_backward_cpu(const RowConvShape& shape,
                           const RowConvInputs& inputs,
                           const float* grad_y,
                           const RowConvGradients& gradients,
                           const ParallelRunner& parallel = run_serially,
                           Isa isa = best_isa());

}  // namespace yates::kernels
