// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/roi_prediction.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros.h>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "launcher/eval/case_logits.hpp"
#include "launcher/eval/label_folder.hpp"
#include "launcher/eval/metrics_overlap.hpp"
#include "launcher/eval/roi.hpp"

namespace yates::eval {
namespace {

/// The window for a box that may be smaller than the usual one; never below 32 voxels a side, so
/// that the deepest stage of a network keeps several.
SlidingWindow window_for(const SlidingWindow& usual, const Size3& shape) {
  SlidingWindow window = usual;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::int64_t aligned = (shape[axis] + kRoiAlign - 1) / kRoiAlign * kRoiAlign;
    window.window[axis] = std::min(usual.window[axis], std::max<std::int64_t>(aligned, 32));
  }
  return window;
}

/// Logits of the whole volume of which only `box` was predicted: certain background elsewhere.
at::Tensor predict_box(const PredictionRequest& request,
                       const at::Tensor& volume,
                       const kernels::Box3& box,
                       const std::string& case_id,
                       const Predictor& network) {
  constexpr double kCertain = 100.0;
  const at::Tensor part = within(volume, box).contiguous();
  const at::Tensor logits =
      predict_logits(request, window_for(request.window, box.shape()), part, case_id, network);
  at::Tensor whole = at::zeros({1, logits.size(1), volume.size(2), volume.size(3), volume.size(4)},
                               volume.options());
  for (std::int64_t background = 0; background < logits.size(1); background += kLabels) {
    whole.narrow(1, background, 1).fill_(kCertain);
  }
  within(whole, box).copy_(logits);
  return whole;
}

std::array<double, 3> region_dice(const at::Tensor& labels,
                                  const std::vector<std::uint8_t>& reference,
                                  const Size3& shape) {
  const CaseOverlap overlap =
      count_overlap(labels.const_data_ptr<std::uint8_t>(), reference.data(), shape);
  std::array<double, 3> result{};
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i] = overlap.regions[i].both_empty() ? 1.0 : dice(overlap.regions[i]);
  }
  return result;
}

std::int64_t labelled_voxels(std::span<const std::uint8_t> labels) {
  return std::count_if(labels.begin(), labels.end(), [](std::uint8_t label) { return label != 0; });
}

/// How the foreground predictor goes over a volume.
SlidingWindow touching_windows(const PredictionRequest& request) {
  return {.window = request.window.window, .overlap = 0.0};
}

/// The voxels that the foreground predictor calls so, as a mask.
std::vector<std::uint8_t> foreground_mask(const PredictionRequest& request,
                                          const at::Tensor& volume,
                                          PredictionProgress& progress) {
  const Predictor counted = [&](const at::Tensor& window) {
    at::Tensor logits = request.foreground(window);
    progress.window();
    return logits;
  };
  const at::Tensor logits = predict_windows(volume, touching_windows(request), counted);
  const at::Tensor mask =
      at::sigmoid(logits).ge(request.threshold).to(at::kByte).to(at::kCPU).contiguous();
  const auto* voxels = mask.const_data_ptr<std::uint8_t>();
  return {voxels, voxels + mask.numel()};
}

/// Calls of the foreground predictor for a volume.
std::int64_t foreground_windows(const PredictionRequest& request, const Size3& shape) {
  if (request.roi != RoiSource::Foreground) {
    return 0;
  }
  const SlidingWindow touching = touching_windows(request);
  return static_cast<std::int64_t>(
      plan_windows(shape, touching.window, touching.overlap).starts.size());
}

}  // namespace

at::Tensor predict_roi(const PredictionRequest& request,
                       const io::CaseReader& reader,
                       const at::Tensor& volume,
                       const Predictor& network,
                       PredictionProgress& progress) {
  const io::CaseRecord& record = reader.record();
  const std::vector<std::uint8_t> reference = reader.read_labels(reader.whole());
  const bool oracle = request.roi == RoiSource::Labels;
  const std::int64_t full_windows = window_count(request, request.window, record.shape);
  const std::int64_t others =
      foreground_windows(request, record.shape) + (request.compare_roi ? full_windows : 0);
  progress.expect(others + full_windows);
  const Stopwatch watch;
  const std::vector<std::uint8_t> mask =
      oracle ? reference : foreground_mask(request, volume, progress);
  RoiOutcome outcome{.box = roi_box(mask, record.shape), .shape = record.shape};
  const Size3 sides = outcome.box.shape();
  outcome.windows = window_count(request, window_for(request.window, sides), sides);
  outcome.full_windows = full_windows;
  progress.expect(others + outcome.windows);
  outcome.tumour_voxels = labelled_voxels(reference);
  std::vector<std::uint8_t> inside(static_cast<std::size_t>(kernels::voxel_count(sides)));
  kernels::copy_box(reference.data(), record.shape, outcome.box, inside.data());
  outcome.tumour_outside_box = outcome.tumour_voxels - labelled_voxels(inside);
  at::Tensor logits = predict_box(request, volume, outcome.box, record.id, network);
  outcome.seconds = watch.seconds();
  outcome.dice = region_dice(labels_of(request, logits), reference, record.shape);
  if (request.compare_roi) {
    const Stopwatch full_watch;
    const at::Tensor full = predict_logits(request, request.window, volume, record.id, network);
    outcome.full_seconds = full_watch.seconds();
    outcome.full_dice = region_dice(labels_of(request, full), reference, record.shape);
  }
  make_directories(request.out_dir / kRoiDir);
  write_json(request.out_dir / kRoiDir / (record.id + ".json"), roi_json(outcome));
  return logits;
}

}  // namespace yates::eval
