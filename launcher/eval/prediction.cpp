// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/prediction.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <span>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/fault.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "io/image/image.hpp"
#include "io/shard/case_reader.hpp"
#include "io/shard/manifest.hpp"
#include "launcher/eval/label_folder.hpp"
#include "launcher/eval/metrics_overlap.hpp"
#include "launcher/eval/mirror_tta.hpp"
#include "launcher/eval/prediction_progress.hpp"
#include "launcher/eval/roi.hpp"

namespace yates::eval {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kModalities = 4;
constexpr std::int64_t kLabels = 4;
constexpr std::int64_t kMirrorImages = 8;

void check_cases(const PredictionRequest& request, const io::Manifest& manifest) {
  std::vector<Problem> problems;
  for (const std::string& case_id : request.cases) {
    if (manifest.find(case_id) == nullptr) {
      problems.push_back({.what = fmt::format("case {} is not in the data set", case_id),
                          .where = io::manifest_path(request.data_dir).string(),
                          .allowed = "",
                          .fix = ""});
    }
  }
  if (!problems.empty()) {
    throw Error(ExitCode::BadData, problems);
  }
}

/// Claims the folder for these settings, or finds that others made what lies there. The file lists
/// the cases that were asked for so far: what an evaluation of the folder expects to find.
void claim_folder(const PredictionRequest& request) {
  make_directories(request.out_dir);
  const fs::path path = request.out_dir / kPredictionsFile;
  std::set<std::string> cases(request.cases.begin(), request.cases.end());
  if (fs::exists(path)) {
    const Json before = read_json(path);
    const auto made_with = json_get<std::string>(before, "made_with", path.string());
    if (made_with != request.made_with) {
      throw Error(ExitCode::BadData,
                  Problem{.what = "the folder holds label maps made with " + made_with,
                          .where = path.string(),
                          .allowed = request.made_with,
                          .fix = "give another --out, or remove this folder"});
    }
    cases.merge(json_get<std::set<std::string>>(before, "cases", path.string()));
  }
  write_json(path, {{"schema", 1}, {"made_with", request.made_with}, {"cases", cases}});
}

/// Channels of the logits: with reference_half also those of the same sums in float32.
std::int64_t logit_channels(const PredictionRequest& request) {
  return request.window.beside_float32 ? 2 * kLabels : kLabels;
}

/// Bytes of volumes alive at once: input and its padded copy, sums, weights, result; for mirrors
/// the mirrored input, the mirrored result and the sum over mirrors.
std::int64_t volume_bytes(const io::CaseRecord& record, const PredictionRequest& request) {
  const WindowPlan plan = plan_windows(record.shape, request.window.window, request.window.overlap);
  const std::int64_t voxels = plan.padded[0] * plan.padded[1] * plan.padded[2];
  const std::int64_t sums = logit_channels(request);
  const std::int64_t copy = voxels == record.voxels() ? 0 : kModalities + sums;
  const std::int64_t mirrors = request.mirror ? kModalities + 2 * sums : 0;
  const std::int64_t channels = kModalities + copy + sums + 1 + mirrors;
  return channels * voxels * static_cast<std::int64_t>(sizeof(float));
}

at::Tensor read_volume(const io::CaseReader& reader) {
  const Size3& shape = reader.record().shape;
  at::Tensor volume = at::empty({1, kModalities, shape[0], shape[1], shape[2]}, at::kFloat);
  reader.read_image(reader.whole(),
                    {volume.mutable_data_ptr<float>(), static_cast<std::size_t>(volume.numel())});
  return volume;
}

/// Puts the labels of the stored box into a volume of the source grid.
io::LabelMap in_source_grid(const at::Tensor& labels, const io::CaseReader& reader) {
  io::LabelMap map{.geometry = reader.source_geometry(), .voxels = {}};
  map.voxels.assign(static_cast<std::size_t>(map.geometry.voxels()), 0);
  const Size3& source = map.geometry.shape;
  const auto& crop = reader.record().crop;
  const auto* from = labels.const_data_ptr<std::uint8_t>();
  const std::int64_t width = crop[2][1] - crop[2][0];
  for (std::int64_t z = crop[0][0]; z < crop[0][1]; ++z) {
    for (std::int64_t y = crop[1][0]; y < crop[1][1]; ++y) {
      const std::int64_t row = (z * source[1] + y) * source[2] + crop[2][0];
      std::copy(from, from + width, map.voxels.begin() + row);
      from += width;
    }
  }
  return map;
}

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

at::Tensor predict_logits(const PredictionRequest& request,
                          const SlidingWindow& window,
                          const at::Tensor& volume,
                          const std::string& case_id,
                          const Predictor& network) {
  const auto windows = [&](const at::Tensor& image) {
    return predict_windows(image, window, network);
  };
  const at::Tensor logits = request.mirror ? mirror8(volume, windows) : windows(volume);
  YATES_ASSERT(logits.size(1) == logit_channels(request), "{} channels", logits.size(1));
  if (!at::isfinite(logits).all().item<bool>()) {
    log_warning("case {}: the logits are not finite; the network has diverged", case_id);
  }
  return logits;
}

/// The part of a (1, C, D, H, W) tensor within `box`; a view.
at::Tensor within(const at::Tensor& tensor, const kernels::Box3& box) {
  at::Tensor view = tensor;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    view = view.narrow(
        static_cast<std::int64_t>(axis) + 2, box.low[axis], box.high[axis] - box.low[axis]);
  }
  return view;
}

std::int64_t window_count(const PredictionRequest& request,
                          const SlidingWindow& window,
                          const Size3& shape) {
  const auto windows =
      static_cast<std::int64_t>(plan_windows(shape, window.window, window.overlap).starts.size());
  return windows * (request.mirror ? kMirrorImages : 1);
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

at::Tensor labels_of(const PredictionRequest& request, const at::Tensor& logits) {
  return argmax_labels(logits.narrow(1, 0, kLabels), request.window.blend)
      .to(at::kCPU)
      .contiguous();
}

/// Notes in how many voxels reference_half gives another label than float32.
void write_half_outcome(const PredictionRequest& request,
                        const std::string& case_id,
                        const at::Tensor& logits) {
  const at::Tensor half = labels_of(request, logits);
  const at::Tensor exact =
      argmax_labels(logits.narrow(1, kLabels, kLabels), BlendMode::Float32).to(at::kCPU);
  make_directories(request.out_dir / kHalfDir);
  write_json(request.out_dir / kHalfDir / (case_id + ".json"),
             {{"voxels", half.numel()}, {"differ", half.ne(exact).sum().item<std::int64_t>()}});
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

/// Predicts within the region of interest, and notes what that saved and cost.
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

/// Network calls for one case. The box of a region of interest is known only when the case is read,
/// so the whole volume stands for it.
std::int64_t planned_windows(const PredictionRequest& request, const io::CaseRecord& record) {
  return window_count(request, request.window, record.shape) * (request.compare_roi ? 2 : 1);
}

void write_probabilities(const PredictionRequest& request,
                         const io::CaseReader& reader,
                         const at::Tensor& logits) {
  const io::Geometry geometry = reader.source_geometry();
  const auto& crop = reader.record().crop;
  const Size3& shape = geometry.shape;
  at::Tensor whole = at::zeros({1, kLabels, shape[0], shape[1], shape[2]}, at::kFloat);
  whole.narrow(1, 0, 1).fill_(1.0);
  const kernels::Box3 box{.low = {crop[0][0], crop[1][0], crop[2][0]},
                          .high = {crop[0][1], crop[1][1], crop[2][1]}};
  within(whole, box).copy_(at::softmax(logits.narrow(1, 0, kLabels), 1));
  make_directories(request.out_dir / kProbabilitiesDir);
  io::write_fractions(request.out_dir / kProbabilitiesDir / (reader.record().id + ".nii.gz"),
                      geometry,
                      {whole.const_data_ptr<float>(), static_cast<std::size_t>(whole.numel())});
}

bool is_finished(const PredictionRequest& request, const std::string& case_id) {
  return fs::exists(label_map_path(request, case_id)) &&
         (!request.probabilities ||
          fs::exists(request.out_dir / kProbabilitiesDir / (case_id + ".nii.gz"))) &&
         (!request.window.beside_float32 ||
          fs::exists(request.out_dir / kHalfDir / (case_id + ".json")));
}

}  // namespace

fs::path label_map_path(const PredictionRequest& request, const std::string& case_id) {
  return request.out_dir / (case_id + ".nii.gz");
}

std::vector<std::string> claim_predictions(const PredictionRequest& request) {
  check_cases(request, io::read_manifest(request.data_dir));
  claim_folder(request);
  std::vector<std::string> open_cases;
  for (const std::string& case_id : request.cases) {
    if (!is_finished(request, case_id)) {
      open_cases.push_back(case_id);
    }
  }
  return open_cases;
}

PredictionPlan plan_predictions(const PredictionRequest& request,
                                const std::vector<std::string>& open_cases,
                                const Share& share) {
  const io::Manifest manifest = io::read_manifest(request.data_dir);
  std::vector<std::pair<std::string, std::int64_t>> work;
  for (const std::string& case_id : open_cases) {
    work.emplace_back(case_id, planned_windows(request, manifest.at(case_id)));
  }
  std::stable_sort(
      work.begin(), work.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  PredictionPlan plan;
  plan.finished = static_cast<std::int64_t>(request.cases.size() - open_cases.size());
  std::vector<std::int64_t> load(static_cast<std::size_t>(share.ranks), 0);
  for (const auto& [case_id, windows] : work) {
    const auto least = std::min_element(load.begin(), load.end());
    *least += windows;
    plan.windows += windows;
    if (least - load.begin() == share.rank) {
      plan.cases.push_back(case_id);
      plan.volume_bytes = std::max(plan.volume_bytes, volume_bytes(manifest.at(case_id), request));
    } else {
      plan.others.emplace_back(case_id, windows);
    }
  }
  return plan;
}

void predict_cases(const PredictionRequest& request,
                   const PredictionPlan& plan,
                   const Predictor& network) {
  if (plan.cases.empty()) {
    return;
  }
  const at::AutoGradMode no_gradients(false);
  const io::Manifest manifest = io::read_manifest(request.data_dir);
  PredictionProgress progress(request, plan);
  for (const std::string& case_id : plan.cases) {
    const Predictor counted = [&](const at::Tensor& window) {
      at::Tensor logits = network(window);
      progress.window();
      return logits;
    };
    const io::CaseReader reader(request.data_dir, manifest, case_id);
    progress.begin_case(case_id, planned_windows(request, reader.record()));
    const at::Tensor volume = read_volume(reader).to(request.device);
    const at::Tensor logits =
        request.roi == RoiSource::None
            ? predict_logits(request, request.window, volume, case_id, counted)
            : predict_roi(request, reader, volume, counted, progress);
    const at::Tensor labels = labels_of(request, logits);
    fault_point("predict.before_publish");
    if (request.window.beside_float32) {
      write_half_outcome(request, case_id, logits);
    }
    if (request.probabilities) {
      write_probabilities(request, reader, logits);
    }
    io::write_label_map(label_map_path(request, case_id), in_source_grid(labels, reader));
    progress.end_case();
    fault_point("predict.after_case");
  }
}

}  // namespace yates::eval
