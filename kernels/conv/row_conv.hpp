// SPDX-License-Identifier: Apache-2.0
// The causal convolution of causal_conv1d.hpp over token-major rows in float32, walking the rows in
// any order: shapes and arguments of its fast core.
#pragma once

#include <cstdint>

namespace yates::kernels {

struct RowConvShape {
  std::int64_t batch = 0;
  std::int64_t tokens = 0;
  std::int64_t channels = 0;
  std::int64_t width = 0;  ///< Number of taps.
};

struct RowConvInputs {
  const float* x = nullptr;       ///< (batch, token) rows of `channels`, x_stride apart
  std::int64_t x_stride = 0;      ///< Elements from row to row; samples are tokens * x_stride apart
  const float* weight = nullptr;  ///< (channel, tap)
  const float* bias = nullptr;    ///< (channel), or null
  bool silu = true;
  /// (token), or (batch, token) if `order_per_sample`: row at each position; null: 0, 1, 2 ...
  const std::int32_t* order = nullptr;
  bool order_per_sample = false;
};

struct RowConvGradients {
  float* x = nullptr;       ///< As x, x_stride apart as well
  bool accumulate = false;  ///< Add to x instead of overwriting it
  float* weight = nullptr;  ///< (channel, tap), added to
  float* bias = nullptr;    ///< (channel), added to; null without bias
};

}  // namespace yates::kernels
