// SPDX-License-Identifier: Apache-2.0
// InstanceNorm, residual and activation for autograd.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/norm/instance_norm.hpp"

namespace yates::kernels {

struct InstanceNormOptions {
  bool normalise_residual = false;
  double negative_slope = 1;  ///< 1: no activation; 0: ReLU; between: LeakyReLU.
  double epsilon = 1e-5;
};

/// act(n(x) + residual), act(n(x) + n(residual)) if it is to be normalised too, act(n(x)) if it is
/// undefined (kernels/norm/instance_norm.hpp). x and residual (batch, channel, d, w, h), on the CPU
/// float32 (fast) or float64 (reference), in any memory format; y has x's, channels-last or
/// contiguous. Where device_volume_operators serves x also float16 and bfloat16, computed in
/// float32; for all else LibTorch's own operators. Differentiable once in both. Keeps x, and with a
/// residual also y. Deterministic on the CPU for any thread count and on a device; a sample has the
/// same bits at any batch size. Throws c10::Error when shapes or types do not fit.
at::Tensor instance_norm(const at::Tensor& x,
                         const at::Tensor& residual,
                         const InstanceNormOptions& options);

/// What the two passes read and write, of one type and memory format: the interface of the table of
/// device operators.
struct InstanceNormTensors {
  at::Tensor x, residual, y;
  /// (2, batch * channel) float32, mean and factor; undefined for a plain residual.
  at::Tensor moments, residual_moments;
};

/// Of y, given, and of x and the residual, overwritten; undefined where there is none.
struct InstanceNormTensorGradients {
  at::Tensor y, x, residual;
};

/// Into `moments`, or null pointers where those are undefined.
InstanceNormMoments pointers_of(const at::Tensor& moments);

}  // namespace yates::kernels
