// SPDX-License-Identifier: Apache-2.0
// ordered_mixer (ordered_mixer_torch.hpp) by the kernels for a GPU. Link it with
// yates::kernels_cuda; with yates::kernels_simt the same code runs on tensors in host memory, under
// the emulator.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/scan/ordered_mixer_torch.hpp"
#include "kernels/simt/stream.hpp"

namespace yates::kernels {

/// As ordered_mixer, in float32, at most 3 orders and 16 states, convolution width 2 to 4. All
/// tensors lie on the device that the linked kernels can read; work goes to `stream`, which the
/// caller has made the current one. Nothing waits for the device, so that the entries of `orders`
/// are not checked: each order must be a permutation of the rows. Three orders take one launch of
/// each kernel; x_proj is one matrix product for all. Keeps what ordered_mixer keeps.
/// Differentiable once in xz and every weight. Deterministic, given that matrix products are.
at::Tensor ordered_mixer_cuda(const at::Tensor& xz,
                              const MixerWeights& weights,
                              const at::Tensor& orders,
                              Stream stream);

}  // namespace yates::kernels
