// SPDX-License-Identifier: Apache-2.0
// The losses of the foreground confidence estimator: paper appendices A.2 (BCE) and I (L1, L2).
#pragma once

#include <span>

#include <ATen/core/Tensor.h>

#include "model/fce/foreground_head.hpp"
#include "model/options.hpp"

namespace yates::model {

/// Three scalars of the dtype of the logits, each the mean over the heads, so that the weights mean
/// the same for any number of Mamba stages.
struct ForegroundLosses {
  /// Binary cross-entropy of the logits against the pooled mask, mean over tokens.
  at::Tensor bce;
  /// L1, semantic alignment: 1 - soft Dice of probability and pooled mask, mean over samples. Both
  /// sums of the Dice get 1e-5, so that a head that is silent on an empty mask has no loss.
  at::Tensor alignment;
  /// L2, energy smoothing: mean square of all differences between tokens that are neighbours along
  /// an axis, of the energy map: the features' L2 norms, min-max normalised per sample. It does not
  /// depend on the head; minimum and maximum are differentiated too, else shrinking all features
  /// would lower it. A grid of one token has none: 0.
  at::Tensor smoothing;

  /// The weighted sum; terms of weight 0 are left out, also where they are NaN. Zero if all are.
  [[nodiscard]] at::Tensor total(const FceOptions& weights) const;
};

/// Losses of the readings of one forward pass against labels (batch, D, H, W), int64. The mask of a
/// stage is (label > 0), average-pooled to its grid: the foreground fraction of each token, in
/// [0, 1]. Differentiable in logits and features. NaN stays NaN. Precondition: readings not empty.
/// Deterministic.
ForegroundLosses foreground_losses(std::span<const ForegroundReading> readings,
                                   const at::Tensor& labels);

}  // namespace yates::model
