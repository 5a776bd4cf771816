// SPDX-License-Identifier: Apache-2.0
// Causal depthwise convolution along the tokens, as Mamba uses it (width 4, bias, SiLU):
//   p[t] = bias + sum_k weight[k] x[t - (width - 1) + k],  x before the first token = 0
//   y[t] = silu(p[t])   (or p[t])
// The last tap multiplies the current token.
#pragma once

#include <cstdint>

#include "kernels/sequence_view.hpp"

namespace yates::kernels {

struct ConvShape {
  std::int64_t batch = 0;
  std::int64_t tokens = 0;
  std::int64_t channels = 0;
  std::int64_t width = 0;  ///< Number of taps.
};

/// What the convolution reads. `T` is float or double.
template <typename T>
struct ConvInputs {
  SequenceView<const T> x;    ///< (batch, token, channel)
  const T* weight = nullptr;  ///< (channel, tap), row-major
  const T* bias = nullptr;    ///< (channel), or null
  bool silu = true;
};

/// Where the backward pass writes. All are overwritten; `bias` is null where there is none.
template <typename T>
struct ConvGradients {
  SequenceView<T> x;
  T* weight = nullptr;
  T* bias = nullptr;
};

}  // namespace yates::kernels
