// SPDX-License-Identifier: Apache-2.0
// What is to be predicted, and which of several processes predicts it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "io/shard/manifest.hpp"
#include "launcher/eval/sliding_window.hpp"

namespace yates::eval {

inline constexpr std::int64_t kLabels = 4;  ///< Channels of a network's logits.

/// Which part of a volume is predicted; the rest is background.
enum class RoiSource {
  None,        ///< The whole volume.
  Labels,      ///< The box of the stored labels: what a perfect foreground mask would give.
  Foreground,  ///< The box of the voxels that `foreground` calls so.
};

struct PredictionRequest {
  std::filesystem::path data_dir;  ///< Of manifest.json and its shards.
  std::filesystem::path out_dir;   ///< Gets <case>.nii.gz; created if missing.
  std::vector<std::string> cases;
  SlidingWindow window;
  bool mirror = true;  ///< Mean over the eight mirror images.
  /// What the label maps depend on, in words: weights, network, window, mirroring.
  std::string made_with;
  bool probabilities = false;  ///< Also probabilities/<case>.nii.gz: softmax of the logits.
  RoiSource roi = RoiSource::None;
  /// For RoiSource::Foreground: one logit per voxel, (1, 1, d, h, w), of a window; runs over
  /// windows that touch. A voxel is foreground from the probability `threshold` on.
  Predictor foreground = {};
  double threshold = 0.5;
  at::Device device = at::kCPU;  ///< Where the networks compute: windows are there.
  bool compare_roi = false;      ///< Also predict the whole volume, to measure against it.
};

/// One of several processes that share the cases.
struct Share {
  int rank = 0;
  int ranks = 1;
};

/// What one process has to do and what it takes.
struct PredictionPlan {
  std::vector<std::string> cases;  ///< Its cases without a label map, the most windows first.
  std::int64_t finished = 0;       ///< Cases asked for that have one.
  std::int64_t windows = 0;        ///< Network calls of all processes together.
  std::int64_t volume_bytes = 0;   ///< Input, sums and mirror images of its largest case.
  /// Cases of the other processes and their windows, for the progress shown.
  std::vector<std::pair<std::string, std::int64_t>> others;
};

/// Channels of the logits: with reference_half also those of the same sums in float32.
std::int64_t logit_channels(const PredictionRequest& request);

/// Network calls for a volume of `shape`, those for its mirror images included.
std::int64_t window_count(const PredictionRequest& request,
                          const SlidingWindow& window,
                          const Size3& shape);

/// Network calls for one case. The box of a region of interest is known only when the case is read,
/// so the whole volume stands for it.
std::int64_t planned_windows(const PredictionRequest& request, const io::CaseRecord& record);

/// Creates and claims the folder; the cases without a label map, in the order asked for. Call in
/// one process alone. Throws Error{InputMissing} or Error{BadData} for the data set and for cases
/// it does not hold (all at once), and Error{BadData} if the folder holds label maps that were made
/// with something else.
std::vector<std::string> claim_predictions(const PredictionRequest& request);

/// Plans one share of `open_cases`: the cases with the most windows first, each to the process with
/// the least to do. The same in every process, so that no case is predicted twice. Throws as
/// reading the manifest does. Deterministic.
PredictionPlan plan_predictions(const PredictionRequest& request,
                                const std::vector<std::string>& open_cases,
                                const Share& share = {});

}  // namespace yates::eval
