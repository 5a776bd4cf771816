// SPDX-License-Identifier: Apache-2.0
// The causal depthwise convolution as a differentiable LibTorch function, in the published layout.
#pragma once

#include <ATen/core/Tensor.h>

namespace yates::kernels {

/// y (batch, channel, token) of the convolution defined in causal_conv1d.hpp.
/// x: (batch, channel, token); weight: (channel, width) or (channel, 1, width) as torch.nn.Conv1d
/// stores it, width 1 to 8; bias: (channel), may be undefined. All float32 or all float64, on the
/// CPU, any strides. Differentiable once, in every input. Throws c10::Error when shapes or types do
/// not fit. Deterministic. Source: Dao-AILab/causal-conv1d, `causal_conv1d_ref`.
at::Tensor causal_conv1d(const at::Tensor& x,
                         const at::Tensor& weight,
                         const at::Tensor& bias,
                         bool silu);

}  // namespace yates::kernels
