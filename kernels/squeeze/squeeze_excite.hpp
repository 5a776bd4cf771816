// SPDX-License-Identifier: Apache-2.0
// Squeeze-excite over a sum of volumes: what all versions share.
//   s = x_1 + .. + x_terms;  m = mean of s over the voxels, per channel and sample
//   gate = sigmoid(weight2 relu(weight1 m + bias1) + bias2);  y = s * gate
#pragma once

#include <cstdint>

#include "kernels/simd/channel_rows.hpp"

namespace yates::kernels {

inline constexpr int kMostTerms = 3;

struct SqueezeExciteShape {
  std::int64_t batch = 0;
  std::int64_t channels = 0;
  std::int64_t hidden = 0;
  std::int64_t voxels = 0;
  VolumeLayout layout = VolumeLayout::ChannelsFirst;
  int terms = 1;  ///< 1 to kMostTerms volumes, added in their order.
};

template <typename T>
struct SqueezeExciteWeights {
  const T* weight1 = nullptr;  ///< (hidden, channel)
  const T* bias1 = nullptr;    ///< (hidden)
  const T* weight2 = nullptr;  ///< (channel, hidden)
  const T* bias2 = nullptr;    ///< (channel)
};

/// Volumes, of type V, in the layout of the shape.
template <typename T, typename V = T>
struct SqueezeExciteInputs {
  const V* terms[kMostTerms] = {};
  SqueezeExciteWeights<T> weights;
};

/// What the forward pass keeps for the backward one.
template <typename T, typename V = T>
struct SqueezeExciteKept {
  V* sum = nullptr;     ///< s; not written, and null, where there is one term: that is s.
  T* means = nullptr;   ///< (batch, channel)
  T* hidden = nullptr;  ///< (batch, hidden), after the ReLU
  T* gates = nullptr;   ///< (batch, channel)
};

/// Gradients of sum(y * grad_y), overwritten; every term has the same one.
template <typename T, typename V = T>
struct SqueezeExciteGradients {
  V* term = nullptr;
  T* weight1 = nullptr;
  T* bias1 = nullptr;
  T* weight2 = nullptr;
  T* bias2 = nullptr;
};

}  // namespace yates::kernels
