// SPDX-License-Identifier: Apache-2.0
// Global gradient norm and its clip.
#pragma once

#include <span>

#include <ATen/core/Tensor.h>

namespace yates::model {

/// L2 norm over all elements of all gradients (contiguous float32 or float64; undefined ones count
/// as zero). Squares are added in double in an order fixed by the shapes alone, so that the result
/// has the same bits for any thread count. Deterministic.
double global_norm(std::span<const at::Tensor> gradients);

/// The factor that brings `norm` down to `clip_norm`: min(1, clip_norm / (norm + 1e-6)); 1 where
/// clip_norm <= 0 (no clipping). Source: PyTorch `clip_grad_norm_`.
double clip_factor(double norm, double clip_norm);

}  // namespace yates::model
