// SPDX-License-Identifier: Apache-2.0
// Label maps for cases of a data set, case by case; started again it continues.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "launcher/eval/sliding_window.hpp"

namespace yates::eval {

struct PredictionRequest {
  std::filesystem::path data_dir;  ///< Of manifest.json and its shards.
  std::filesystem::path out_dir;   ///< Gets <case>.nii.gz; created if missing.
  std::vector<std::string> cases;
  SlidingWindow window;
  bool mirror = true;  ///< Mean over the eight mirror images.
  /// What the label maps depend on, in words: weights, network, window, mirroring.
  std::string made_with;
};

/// What is left to do and what it takes.
struct PredictionPlan {
  std::vector<std::string> cases;  ///< Those without a label map yet, in the order asked for.
  std::int64_t finished = 0;       ///< Those with one.
  std::int64_t windows = 0;        ///< Network calls for all of them.
  std::int64_t volume_bytes = 0;   ///< Input, sums and mirror images of the largest case.
};

/// Plans a request and creates the folder. Throws Error{InputMissing} or Error{BadData} for the
/// data set and for cases it does not hold (all at once), and Error{BadData} if the folder holds
/// label maps that were made with something else.
PredictionPlan plan_predictions(const PredictionRequest& request);

/// Carries out a plan: every label map is published whole, as uint8 in the grid of the source, and
/// voxels outside the stored box are 0. Shows progress with the time left. Deterministic if
/// `network` is. Throws as reading and writing do; finished label maps stay.
void predict_cases(const PredictionRequest& request,
                   const PredictionPlan& plan,
                   const Predictor& network);

}  // namespace yates::eval
