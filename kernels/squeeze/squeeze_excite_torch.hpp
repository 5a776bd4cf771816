// SPDX-License-Identifier: Apache-2.0
// Squeeze-excite for autograd.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace yates::kernels {

/// weight1 (hidden, channel), bias1 (hidden), weight2 (channel, hidden), bias2 (channel).
struct SqueezeExciteParameters {
  at::Tensor weight1, bias1, weight2, bias2;
};

/// s * gate(s) for s the sum of one to three volumes (batch, channel, d, w, h) of one shape
/// (kernels/squeeze/squeeze_excite.hpp): float32 (fast) or float64 (reference), in any memory
/// format; the result has the first one's. On a device without such a kernel, LibTorch's own
/// operators. Differentiable once in everything. Keeps s. Deterministic on the CPU for any thread
/// count; a sample has the same bits at any batch size. Throws c10::Error when shapes or types do
/// not fit.
at::Tensor squeeze_excite(const std::vector<at::Tensor>& terms,
                          const SqueezeExciteParameters& parameters);

}  // namespace yates::kernels
