// SPDX-License-Identifier: Apache-2.0
// The ordered mixer composed of the published pieces, one order after the other: what the fused
// version is compared with, and the way of float64.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/scan/ordered_mixer_torch.hpp"

namespace yates::kernels {

/// The same result as `ordered_mixer`, through permuted copies, selective_scan and causal_conv1d.
/// float32 or float64; memory grows with the number of orders. Arguments must have been checked.
at::Tensor ordered_mixer_composed(const at::Tensor& xz,
                                  const MixerWeights& weights,
                                  const at::Tensor& orders);

}  // namespace yates::kernels
