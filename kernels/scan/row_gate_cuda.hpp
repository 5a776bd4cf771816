// SPDX-License-Identifier: Apache-2.0
// Joins the token orders of a Mamba block on a GPU, float32: y = (sum over orders) * silu(z).
// Pointers are device memory. Pointwise, hence deterministic. Both return without waiting.
#pragma once

#include <cstdint>

#include "kernels/simt/stream.hpp"

namespace yates::kernels {

/// `rows` rows of `channels`; rows of z lie z_stride elements apart, all others are contiguous.
struct RowGateOrders {
  std::int64_t rows = 0;
  std::int64_t channels = 0;
  std::int64_t z_stride = 0;
  int orders = 0;                ///< 1 to 3
  const float* order_y[3] = {};  ///< (row, channel) of each order, before the gate
  const float* z = nullptr;
};

/// Writes the sum over orders, in order, and y, both (row, channel).
void row_gate_forward_cuda(const RowGateOrders& gate, float* sum, float* y, Stream stream);

/// Writes the gradients of sum(y * grad_y): of the sum over orders (row, channel), and of z with
/// rows z_stride apart. order_y is not read.
void row_gate_backward_cuda(const RowGateOrders& gate,
                            const float* sum,
                            const float* grad_y,
                            float* grad_sum,
                            float* grad_z,
                            Stream stream);

}  // namespace yates::kernels
