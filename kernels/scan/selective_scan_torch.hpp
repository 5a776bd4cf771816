// SPDX-License-Identifier: Apache-2.0
// The selective scan as a differentiable LibTorch function, in the published layout.
#pragma once

#include <ATen/core/Tensor.h>

namespace yates::kernels {

/// y (batch, channel, token) of the scan defined in selective_scan.hpp.
/// u, delta, z: (batch, channel, token); A: (channel, state); B, C: (batch, state, token);
/// D, delta_bias: (channel). D, z and delta_bias may be undefined. All float32 or all float64, on
/// the CPU, any strides. Differentiable once, in every input; grad_A is with respect to A itself.
/// Throws c10::Error when shapes or types do not fit. Deterministic.
/// Source: state-spaces/mamba, `selective_scan_ref` (same argument order).
at::Tensor selective_scan(const at::Tensor& u,
                          const at::Tensor& delta,
                          const at::Tensor& A,
                          const at::Tensor& B,
                          const at::Tensor& C,
                          const at::Tensor& D,
                          const at::Tensor& z,
                          const at::Tensor& delta_bias,
                          bool delta_softplus);

}  // namespace yates::kernels
