// SPDX-License-Identifier: Apache-2.0
// InstanceNorm without affine parameters, and the activations that follow it.
#pragma once

#include <ATen/core/Tensor.h>

namespace yates::model {

inline constexpr double kNormEpsilon = 1e-5;
inline constexpr double kLeakySlope = 0.01;

/// x (batch, channel, d, w, h) with every channel of every sample at mean 0 and biased variance 1.
at::Tensor instance_norm(const at::Tensor& x);

/// ReLU of `instance_norm`.
at::Tensor instance_norm_relu(const at::Tensor& x);

/// LeakyReLU, slope 0.01, of `instance_norm(x)`, plus `residual` before it where defined.
at::Tensor instance_norm_leaky_relu(const at::Tensor& x, const at::Tensor& residual = {});

/// LeakyReLU of `instance_norm(x) + instance_norm(shortcut)`.
at::Tensor instance_norms_leaky_relu(const at::Tensor& x, const at::Tensor& shortcut);

}  // namespace yates::model
