// SPDX-License-Identifier: Apache-2.0
// InstanceNorm without affine part, fused with what follows it: what all versions share.
//   n(x) = (x - mean) / sqrt(variance + epsilon), mean and biased variance of one channel of one
//          sample over its voxels
//   y    = act(n(x) + s), act(p) = p where p > 0, else negative_slope * p,
// where s is nothing, the residual r itself, or n(r): the two ends of a residual block.
#pragma once

#include <cstdint>

#include "kernels/simd/channel_rows.hpp"

namespace yates::kernels {

/// What is added before the activation.
enum class Residual { None, Plain, Normalised };

struct InstanceNormShape {
  std::int64_t batch = 0;
  std::int64_t channels = 0;
  std::int64_t voxels = 0;  ///< Of one channel of one sample.
  VolumeLayout layout = VolumeLayout::ChannelsFirst;
  Residual residual = Residual::None;
  double negative_slope = 1;  ///< 1: no activation; 0: ReLU; between: LeakyReLU.
  double epsilon = 1e-5;
};

/// Volumes in the layout of the shape.
template <typename T>
struct InstanceNormInputs {
  const T* x = nullptr;
  const T* residual = nullptr;  ///< Null where shape.residual is None.
};

/// Gradients of sum(y * grad_y), in the same layout, overwritten.
template <typename T>
struct InstanceNormGradients {
  T* x = nullptr;
  T* residual = nullptr;  ///< Null where there is no residual.
};

/// Mean and 1 / sqrt(variance + epsilon), both (batch, channel): what the backward pass needs
/// beside the volumes.
struct InstanceNormMoments {
  float* mean = nullptr;
  float* factor = nullptr;
};

/// What a forward pass computed in float32 read and wrote.
template <typename T>
struct InstanceNormSaved {
  InstanceNormInputs<T> inputs;  ///< The residual is read only if it is normalised.
  const T* y = nullptr;          ///< Read only if there is a residual.
  InstanceNormMoments moments;
  InstanceNormMoments residual_moments;
};

}  // namespace yates::kernels
