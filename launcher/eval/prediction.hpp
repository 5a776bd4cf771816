// SPDX-License-Identifier: Apache-2.0
// Label maps for cases of a data set, case by case; started again it continues.
#pragma once

#include "launcher/eval/prediction_plan.hpp"

namespace yates::eval {

/// Carries out a plan: every label map is published whole, as uint8 in the grid of the source, and
/// voxels outside the stored box are 0. With a region of interest, roi/<case>.json says what it
/// saved and cost; with window.beside_float32, reference_half/<case>.json in how many voxels the
/// label is another one than in float32 mode. Shows progress with the time left. Deterministic if
/// `network` is. Throws as reading and writing do; finished label maps stay.
void predict_cases(const PredictionRequest& request,
                   const PredictionPlan& plan,
                   const Predictor& network);

}  // namespace yates::eval
