// SPDX-License-Identifier: Apache-2.0
// The published scan through the fast token-major core, float32: what selective_scan_torch.cpp
// calls. Tensors that already are token-major (transposed views) are not copied.
#pragma once

#include <ATen/core/Tensor.h>

namespace yates::kernels {

/// The arguments of `selective_scan`, or their gradients; absent ones are undefined. A, D and
/// delta_bias are contiguous.
struct ScanTensors {
  at::Tensor u, delta, A, B, C, D, z, delta_bias;
};

/// What the forward pass gives: y (batch, channel, token), and for the backward pass the sum before
/// the gate, token-major, and the states of row_scan_cpu.hpp (undefined unless kept).
struct ScanRowsResult {
  at::Tensor y, sum, states;
};

/// Deterministic; arguments must have been checked.
ScanRowsResult selective_scan_rows_forward(const ScanTensors& in, bool delta_softplus, bool keep);

/// Gradients of all present arguments. Deterministic.
ScanTensors selective_scan_rows_backward(const ScanTensors& in,
                                         const ScanRowsResult& kept,
                                         bool delta_softplus,
                                         const at::Tensor& grad_y);

}  // namespace yates::kernels
