// SPDX-License-Identifier: Apache-2.0
// InstanceNorm, residual and activation for autograd.
#pragma once

#include <ATen/core/Tensor.h>

namespace yates::kernels {

struct InstanceNormOptions {
  bool normalise_residual = false;
  double negative_slope = 1;  ///< 1: no activation; 0: ReLU; between: LeakyReLU.
  double epsilon = 1e-5;
};

/// act(n(x) + residual), act(n(x) + n(residual)) if it is to be normalised too, act(n(x)) if it is
/// undefined (kernels/norm/instance_norm.hpp). x and residual (batch, channel, d, w, h), float32
/// (fast) or float64 (reference), in any memory format; y has x's, channels-last or contiguous.
/// On a device without such a kernel, LibTorch's own operators. Differentiable once in both. Keeps
/// x, and with a residual also y. Deterministic on the CPU for any thread count; a sample has the
/// same bits at any batch size. Throws c10::Error when shapes or types do not fit.
at::Tensor instance_norm(const at::Tensor& x,
                         const at::Tensor& residual,
                         const InstanceNormOptions& options);

}  // namespace yates::kernels
