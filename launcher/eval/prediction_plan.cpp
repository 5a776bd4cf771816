// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/prediction_plan.hpp"

#include <algorithm>
#include <cstddef>
#include <set>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "io/shard/modality.hpp"
#include "launcher/eval/case_output.hpp"
#include "launcher/eval/label_folder.hpp"

namespace yates::eval {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kModalities = io::kModalityNames.size();
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

}  // namespace

std::int64_t logit_channels(const PredictionRequest& request) {
  return request.window.beside_float32 ? 2 * kLabels : kLabels;
}

std::int64_t window_count(const PredictionRequest& request,
                          const SlidingWindow& window,
                          const Size3& shape) {
  const auto windows =
      static_cast<std::int64_t>(plan_windows(shape, window.window, window.overlap).starts.size());
  return windows * (request.mirror ? kMirrorImages : 1);
}

std::int64_t planned_windows(const PredictionRequest& request, const io::CaseRecord& record) {
  return window_count(request, request.window, record.shape) * (request.compare_roi ? 2 : 1);
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

}  // namespace yates::eval
