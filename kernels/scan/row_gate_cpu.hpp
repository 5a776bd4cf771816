// SPDX-License-Identifier: Apache-2.0
// The gate of a Mamba block over token-major rows in float32: y = sum * silu(z).
#pragma once

#include <cstdint>

#include "kernels/simd/isa.hpp"
#include "kernels/simd/parallel.hpp"

namespace yates::kernels {

/// `rows` rows of `channels`; rows of z lie z_stride elements apart, all others are contiguous.
struct RowGateShape {
  std::int64_t rows = 0;
  std::int64_t channels = 0;
  std::int64_t z_stride = 0;
};

/// Writes y. Pointwise, hence deterministic.
void row_gate_forward_cpu(const RowGateShape& shape,
                          const float* sum,
                          const float* z,
                          float* y,
                          const ParallelRunner& parallel = run_serially,
                          Isa isa = best_isa());

struct RowGateGradients {
  float* sum = nullptr;  ///< (row, channel), overwritten
  float* z = nullptr;    ///< rows z_stride apart, overwritten
};

/// Writes the gradients of sum(y * grad_y).
void row_gate_backward_cpu(const RowGateShape& shape,
                           const float* sum,
                           const float* z,
                           const float* grad_y,
                           const RowGateGradients& gradients,
                           const ParallelRunner& parallel = run_serially,
                           Isa isa = best_isa());

}  // namespace yates::kernels
