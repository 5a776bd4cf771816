// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/prediction.hpp"

#include <algorithm>
#include <cstddef>
#include <set>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "io/dataset/manifest.hpp"
#include "io/image/image.hpp"
#include "io/shard/case_reader.hpp"
#include "launcher/eval/label_folder.hpp"
#include "launcher/eval/mirror_tta.hpp"

namespace yates::eval {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kModalities = 4;
constexpr std::int64_t kLabels = 4;
constexpr std::int64_t kMirrorImages = 8;

fs::path label_map_path(const PredictionRequest& request, const std::string& case_id) {
  return request.out_dir / (case_id + ".nii.gz");
}

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

/// Bytes of volumes alive at once: input and its padded copy, sums, weights, result; for mirrors
/// the mirrored input, the mirrored result and the sum over mirrors.
std::int64_t volume_bytes(const io::CaseRecord& record, const PredictionRequest& request) {
  const WindowPlan plan = plan_windows(record.shape, request.window.window, request.window.overlap);
  const std::int64_t voxels = plan.padded[0] * plan.padded[1] * plan.padded[2];
  const std::int64_t copy = voxels == record.voxels() ? 0 : kModalities + kLabels;
  const std::int64_t mirrors = request.mirror ? kModalities + 2 * kLabels : 0;
  const std::int64_t channels = kModalities + copy + kLabels + 1 + mirrors;
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

at::Tensor predict_labels(const PredictionRequest& request,
                          const at::Tensor& volume,
                          const std::string& case_id,
                          const Predictor& network) {
  const auto windows = [&](const at::Tensor& image) {
    return predict_windows(image, request.window, network);
  };
  const at::Tensor logits = request.mirror ? mirror8(volume, windows) : windows(volume);
  YATES_ASSERT(logits.size(1) == kLabels, "{} channels of logits", logits.size(1));
  if (!at::isfinite(logits).all().item<bool>()) {
    log_warning("case {}: the logits are not finite; the network has diverged", case_id);
  }
  return argmax_labels(logits, request.window.blend).contiguous();
}

}  // namespace

PredictionPlan plan_predictions(const PredictionRequest& request) {
  const io::Manifest manifest = io::read_manifest(request.data_dir);
  check_cases(request, manifest);
  claim_folder(request);
  PredictionPlan plan;
  for (const std::string& case_id : request.cases) {
    if (fs::exists(label_map_path(request, case_id))) {
      ++plan.finished;
      continue;
    }
    const io::CaseRecord& record = manifest.at(case_id);
    plan.cases.push_back(case_id);
    const auto windows = static_cast<std::int64_t>(
        plan_windows(record.shape, request.window.window, request.window.overlap).starts.size());
    plan.windows += windows * (request.mirror ? kMirrorImages : 1);
    plan.volume_bytes = std::max(plan.volume_bytes, volume_bytes(record, request));
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
  Progress progress("predict", plan.windows, "window");
  std::int64_t windows = 0;
  std::string detail;
  const Predictor counted = [&](const at::Tensor& window) {
    at::Tensor logits = network(window);
    progress.update(++windows, detail);
    return logits;
  };
  for (const std::string& case_id : plan.cases) {
    detail = case_id;
    const io::CaseReader reader(request.data_dir, manifest, case_id);
    const at::Tensor labels = predict_labels(request, read_volume(reader), case_id, counted);
    io::write_label_map(label_map_path(request, case_id), in_source_grid(labels, reader));
  }
}

}  // namespace yates::eval
