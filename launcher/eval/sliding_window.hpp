// SPDX-License-Identifier: Apache-2.0
// Prediction of a volume that is larger than what the network sees at once.
#pragma once

#include <functional>

#include <ATen/core/Tensor.h>

#include "launcher/eval/window_plan.hpp"

namespace yates::eval {

/// A network or anything like it: (1, C, d, h, w) to (1, K, d, h, w).
using Predictor = std::function<at::Tensor(const at::Tensor&)>;

/// How window predictions are added up.
enum class BlendMode {
  Float32,       ///< Everything in float32.
  ReferenceHalf  ///< As the reference under autocast: predictions and products rounded to half,
                 ///< float32 sums, result rounded to half before the argmax.
};

struct SlidingWindow {
  Size3 window = {128, 128, 128};
  double overlap = 0.5;  ///< Of neighbouring windows, in [0, 1).
  BlendMode blend = BlendMode::Float32;
  /// With ReferenceHalf: K further channels, the same predictions added up as Float32 does, to
  /// measure what the mode changes.
  bool beside_float32 = false;
};

/// Gaussian-weighted mean (1, K, D, H, W), float32, of the predictions of all windows of `volume`
/// (1, C, D, H, W), float32, any device; windows one after the other in the order of the plan.
/// Deterministic if `predict` is. Memory: K + 1 volumes in float32 (2 K + 1 with `beside_float32`),
/// one window.
/// Source: MONAI `sliding_window_inference`, mode "gaussian", zero padding.
at::Tensor predict_windows(const at::Tensor& volume,
                           const SlidingWindow& options,
                           const Predictor& predict);

/// The label of each voxel, (D, H, W) uint8: the channel of the largest of `logits` (1, K, D, H,
/// W), the first of equal ones; after rounding to half in ReferenceHalf. NaN counts as largest.
at::Tensor argmax_labels(const at::Tensor& logits, BlendMode blend);

}  // namespace yates::eval
