// SPDX-License-Identifier: Apache-2.0
// The selective scan over token-major rows, in float32, walking the rows in any order: the shapes
// and arguments of its fast core. No gate: it is pointwise and applied once to the sum of orders.
#pragma once

#include <cstdint>

namespace yates::kernels {

struct RowScanShape {
  std::int64_t batch = 0;
  std::int64_t tokens = 0;
  std::int64_t channels = 0;
  std::int64_t states = 0;
  std::int64_t rank = 0;  ///< Step-size features per token; 0 when delta is given.
};

/// What the scan reads. Rows are contiguous: (batch, token, channel).
struct RowScanInputs {
  const float* u = nullptr;      ///< (batch, token, channel)
  const float* delta = nullptr;  ///< (batch, token, channel), or null: features times dt_weight
  /// (batch, token, rank + 2 states): step-size features, B, C, as x_proj makes them.
  const float* features = nullptr;
  const float* dt_weight = nullptr;  ///< (channel, rank), used if delta is null
  const float* dt_bias = nullptr;    ///< (channel), or null
  const float* A = nullptr;          ///< (channel, state)
  const float* D = nullptr;          ///< (channel), or null
  bool softplus = true;              ///< dt = softplus(delta + bias), or the sum itself
  /// (token), or (batch, token) if `order_per_sample`: row at each position; null: 0, 1, 2 ...
  const std::int32_t* order = nullptr;
  bool order_per_sample = false;
};

/// Where the backward pass writes.
struct RowScanGradients {
  float* u = nullptr;      ///< (batch, token, channel), overwritten
  float* delta = nullptr;  ///< (batch, token, channel): before bias and softplus, overwritten
  float* features =
      nullptr;         ///< (batch, token, rank + 2 states): B and C overwritten, rest untouched
  float* A = nullptr;  ///< (channel, state), added to
  float* D = nullptr;  ///< (channel), added to; null without D
  float* dt_bias = nullptr;  ///< (channel), added to; null without dt_bias
};

}  // namespace yates::kernels
