// SPDX-License-Identifier: Apache-2.0
// The fast selective scan on the CPU, float32: forward and backward over token-major rows.
#pragma once

#include <cstdint>

#include "kernels/scan/row_scan.hpp"
#include "kernels/simd/isa.hpp"
#include "kernels/simd/parallel.hpp"

namespace yates::kernels {

/// Elements of the buffer that carries states from the forward to the backward pass: one state per
/// channel and 32 tokens, half the size of u at 16 states.
std::int64_t row_scan_state_count(const RowScanShape& shape);

/// Writes, or with `accumulate` adds, y (batch, token, channel) without gate; fills `states`
/// (row_scan_state_count elements) unless it is null. Work is cut into fixed slices of channels,
/// of which a range is scanned together: the same bits on every run and with any runner, given the
/// instruction set. Agrees with
/// selective_scan_forward_reference within 2e-6 (relative L2). A NaN stays in its channel and the
/// positions after it. Sizes may be 0.
void row_scan_forward_cpu(const RowScanShape& shape,
                          const RowScanInputs& inputs,
                          float* y,
                          bool accumulate,
                          float* states,
                          const RangeRunner& parallel = run_range_serially,
                          Isa isa = best_isa());

/// Writes the gradients of sum(y * grad_y); `states` as the forward pass left them. Sums over
/// tokens and channels run in a fixed order: deterministic as the forward pass.
void row_scan_backward_cpu(const RowScanShape& shape,
                           const RowScanInputs& inputs,
                           const float* states,
                           const float* grad_y,
                           const RowScanGradients& gradients,
                           const RangeRunner& parallel = run_range_serially,
                           Isa isa = best_isa());

}  // namespace yates::kernels
