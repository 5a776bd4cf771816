// SPDX-License-Identifier: Apache-2.0
// One slice of channels of one sample of the row convolution: the unit of work of row_conv_cpu.cpp.
#pragma once

#include <cstdint>

#include "kernels/simd/channel_slices.hpp"
#include "kernels/simd/dispatch.hpp"

namespace yates::kernels {

inline constexpr std::int64_t kRowConvTile =
    64;  ///< Tokens whose weight gradients are summed first.
inline constexpr std::int64_t kRowConvMaxWidth = 8;

/// `padded` channels, of which `channels` exist. Own arrays are zero in the padding.
struct RowConvSlice {
  std::int64_t tokens = 0;
  std::int64_t channels = 0;
  std::int64_t padded = 0;
  std::int64_t width = 0;
  bool silu = true;
  const std::int32_t* order = nullptr;
  const float* x = nullptr;  ///< First channel of the slice in row 0.
  std::int64_t x_stride = 0;
  const float* weight = nullptr;  ///< (tap, padded)
  const float* bias = nullptr;    ///< (padded)
  float* y = nullptr;
  std::int64_t y_stride = 0;
  // Backward.
  const float* grad_y = nullptr;  ///< y_stride apart.
  float* grad_x = nullptr;        ///< x_stride apart.
  bool accumulate = false;
  float* grad_weight = nullptr;  ///< (tap, padded), added to
  float* grad_bias = nullptr;    ///< (padded), added to
  float* scratch = nullptr;      ///< row_conv_scratch elements
};

constexpr std::int64_t row_conv_scratch(std::int64_t padded, std::int64_t width) {
  return (2 * width + 1) * padded;
}

YATES_PER_ISA(void row_conv_slice_forward(const RowConvSlice& slice))
YATES_PER_ISA(void row_conv_slice_backward(const RowConvSlice& slice))

}  // namespace yates::kernels
