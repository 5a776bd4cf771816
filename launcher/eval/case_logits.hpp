// SPDX-License-Identifier: Apache-2.0
// The logits of a volume, and the labels that they say.
#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "kernels/volume/box.hpp"
#include "launcher/eval/prediction_plan.hpp"

namespace yates::eval {

/// Logits (1, K, D, H, W) of `volume` (1, C, D, H, W) by windows, over its mirror images where the
/// request wants them. Warns, naming the case, where they are not finite.
at::Tensor predict_logits(const PredictionRequest& request,
                          const SlidingWindow& window,
                          const at::Tensor& volume,
                          const std::string& case_id,
                          const Predictor& network);

/// The labels (D, H, W) of logits, uint8, on the host.
at::Tensor labels_of(const PredictionRequest& request, const at::Tensor& logits);

/// The part of a (1, C, D, H, W) tensor within `box`; a view.
at::Tensor within(const at::Tensor& tensor, const kernels::Box3& box);

}  // namespace yates::eval
