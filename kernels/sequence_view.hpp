// SPDX-License-Identifier: Apache-2.0
// A (batch, token, channel) array seen through strides: one core serves the published layout
// (batch, channel, token) and the token-major layout (batch, token, channel).
#pragma once

#include <cstdint>

namespace yates::kernels {

/// Element (b, t, c) lies at data[b * batch_stride + t * token_stride + c * channel_stride].
/// Strides count elements. An absent array has data == nullptr.
template <typename T>
struct SequenceView {
  T* data = nullptr;
  std::int64_t batch_stride = 0;
  std::int64_t token_stride = 0;
  std::int64_t channel_stride = 0;

  [[nodiscard]] T& at(std::int64_t b, std::int64_t t, std::int64_t c) const {
    return data[b * batch_stride + t * token_stride + c * channel_stride];
  }
  [[nodiscard]] bool present() const { return data != nullptr; }
};

}  // namespace yates::kernels
