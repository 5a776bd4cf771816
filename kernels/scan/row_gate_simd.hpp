// SPDX-License-Identifier: Apache-2.0
// The gate y = sum * silu(z) over a block of rows: the unit of work of row_gate_cpu.cpp.
#pragma once

#include <cstdint>

#include "kernels/simd/dispatch.hpp"

namespace yates::kernels {

/// Pointers to the first row of the block. `sum`, `y` and their gradients have contiguous rows of
/// `channels`; z and its gradient are z_stride apart.
struct RowGateBlock {
  std::int64_t rows = 0;
  std::int64_t channels = 0;
  std::int64_t z_stride = 0;
  const float* sum = nullptr;
  const float* z = nullptr;
  float* y = nullptr;
  const float* grad_y = nullptr;
  float* grad_sum = nullptr;
  float* grad_z = nullptr;
};

YATES_PER_ISA(void row_gate_block_forward(const RowGateBlock& block))
YATES_PER_ISA(void row_gate_block_backward(const RowGateBlock& block))

}  // namespace yates::kernels
