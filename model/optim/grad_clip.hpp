// SPDX-License-Identifier: Apache-2.0
// Global gradient norm and its clip.
#pragma once

#include <span>

#include <ATen/core/Tensor.h>

#include "kernels/optim/sgd_torch.hpp"

namespace yates::model {

/// L2 norm over all elements of all gradients (contiguous float32 or float64; undefined ones count
/// as zero). Squares are added in double in an order fixed by the shapes alone, so that the result
/// has the same bits for any thread count. Deterministic.
double global_norm(std::span<const at::Tensor> gradients);

using kernels::clip_factor;

}  // namespace yates::model
