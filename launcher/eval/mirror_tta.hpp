// SPDX-License-Identifier: Apache-2.0
// Test-time augmentation by mirroring.
#pragma once

#include <ATen/core/Tensor.h>

#include "launcher/eval/sliding_window.hpp"

namespace yates::eval {

/// Mean of the logits (1, K, D, H, W) that `predict` gives for the volume (1, C, D, H, W) and its
/// seven mirror images along z, y, x, zy, zx, yx and zyx, each mirrored back; float32 sum in this
/// order, then / 8. `predict` sees whole volumes, so windows are laid over each image anew.
/// Memory: one more volume of K channels. Source: the published SegMamba-V2 `Predictor`.
at::Tensor mirror8(const at::Tensor& volume, const Predictor& predict);

}  // namespace yates::eval
