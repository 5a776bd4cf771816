// SPDX-License-Identifier: Apache-2.0
// The logits of a case within its region of interest, measured against the whole volume.
#pragma once

#include <ATen/core/Tensor.h>

#include "io/shard/case_reader.hpp"
#include "launcher/eval/prediction_plan.hpp"
#include "launcher/eval/prediction_progress.hpp"

namespace yates::eval {

/// Predicts `volume` (1, C, D, H, W), that of the case, within the region of interest, and notes
/// what that saved and cost in roi/<case>.json. Logits of the whole volume: certain background
/// outside the box. Throws Error{Io}.
at::Tensor predict_roi(const PredictionRequest& request,
                       const io::CaseReader& reader,
                       const at::Tensor& volume,
                       const Predictor& network,
                       PredictionProgress& progress);

}  // namespace yates::eval
