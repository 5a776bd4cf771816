// SPDX-License-Identifier: Apache-2.0
// The causal convolution + SiLU on a GPU, float32: the twin of row_conv_cpu.hpp, all token orders
// in one call. All pointers but those of the structs themselves are device memory.
#pragma once

#include <cstdint>

#include "kernels/conv/row_conv.hpp"
#include "kernels/simt/stream.hpp"

namespace yates::kernels {

inline constexpr int kRowConvMostOrders = 3;

/// One convolution over 1 to 3 orders of the same rows.
struct RowConvOrders {
  RowConvShape shape;    ///< width 2 to 4
  RowConvInputs inputs;  ///< `order` and `order_per_sample` of the first; see `order`
  int orders = 0;
  /// Of each order, as RowConvInputs::order; inputs.order is not read.
  const std::int32_t* order[kRowConvMostOrders] = {};
};

/// Elements (float) of scratch memory of the backward pass.
std::int64_t row_conv_cuda_workspace(const RowConvShape& shape);

/// Writes y[r] (batch, token, channel), contiguous, of every order, in one launch. Deterministic.
/// Agrees with the reference within 2e-6 (relative L2). Sizes may be 0. Returns without waiting.
void row_conv_forward_cuda(const RowConvOrders& conv,
                           float* const (&y)[kRowConvMostOrders],
                           Stream stream);

/// Writes the gradients of the sum over orders of y[r] * grad_y[r]: the orders add to gradients.x
/// one after the other (one launch each), the weights' gradients are sums of chunks in a fixed
/// order. Recomputes the pre-activations. No atomics; deterministic.
void row_conv_backward_cuda(const RowConvOrders& conv,
                            const float* const (&grad_y)[kRowConvMostOrders],
                            const RowConvGradients& gradients,
                            float* workspace,
                            Stream stream);

}  // namespace yates::kernels
