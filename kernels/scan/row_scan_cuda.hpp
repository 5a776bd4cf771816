// SPDX-License-Identifier: Apache-2.0
// The selective scan on a GPU, float32: the twin of row_scan_cpu.hpp, all token orders in one call.
// All pointers but those of the structs themselves are device memory.
#pragma once

#include <cstdint>

#include "kernels/scan/row_scan.hpp"
#include "kernels/simt/stream.hpp"

namespace yates::kernels {

inline constexpr int kRowScanMostOrders = 3;
inline constexpr std::int64_t kRowScanMostStates = 16;

/// One scan over 1 to 3 orders of the same rows. The weights (dt_weight, dt_bias, A, D, softplus)
/// are those of inputs[0]; u, delta, features and order are each order's own.
struct RowScanOrders {
  RowScanShape shape;  ///< batch * tokens < 2^31, states <= 16
  int orders = 0;
  RowScanInputs inputs[kRowScanMostOrders];
};

/// Elements (float) of scratch memory that either pass needs.
std::int64_t row_scan_cuda_workspace(const RowScanShape& shape, int orders);

/// Elements of the buffer of states for the backward pass: one state per channel and 32 tokens.
std::int64_t row_scan_cuda_state_count(const RowScanShape& shape, int orders);

/// Writes y[r] (batch, token, channel), the ungated output of each order r; fills `states` unless
/// it is null. Chunks of tokens run in parallel and are joined by a scan of their ends; chunks
/// depend on the shape alone. Deterministic: run to run, and over GPUs of one architecture.
/// Agrees with the reference within 5e-6 (relative L2). A NaN stays in its channel and the
/// positions after it. Sizes may be 0. Returns without waiting for the stream.
void row_scan_forward_cuda(const RowScanOrders& scan,
                           float* const (&y)[kRowScanMostOrders],
                           float* states,
                           float* workspace,
                           Stream stream);

/// Writes the gradients of sum over orders of y[r] * grad_y, each order's into gradients[r]; A, D
/// and dt_bias of gradients[0] receive the sum over orders, batch and tokens, added to what is
/// there. No atomics: partial sums in a fixed order. Deterministic as the forward pass.
void row_scan_backward_cuda(const RowScanOrders& scan,
                            const float* states,
                            const float* grad_y,
                            const RowScanGradients (&gradients)[kRowScanMostOrders],
                            float* workspace,
                            Stream stream);

}  // namespace yates::kernels
