// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/cost.hpp"

#include <algorithm>
#include <functional>
#include <queue>

#include "base/error.hpp"

namespace yates::campaign {
namespace {

/// GFLOP of one 128^3 patch forward, fitted through the paper's counts at widths 48, 40 and 32.
double gflop_of_width(double width, bool conv_lt) {
  return conv_lt ? 0.2694 * width * width + 1.30 * width : 1.6046 * width * width + 0.30 * width;
}

}  // namespace

std::optional<double> guess_gpu_days(const config::StudyArm& arm) {
  if (arm.is_external()) {
    return std::nullopt;
  }
  constexpr double kPaperDays = 3.0;
  constexpr double kPaperSamples = 300.0 * 250.0 * 2.0;
  constexpr double kPaperVoxels = 128.0 * 128.0 * 128.0;
  const config::RunConfig& config = arm.config;
  const double samples = static_cast<double>(config.train.epochs) *
                         static_cast<double>(config.train.steps_per_epoch) *
                         static_cast<double>(config.train.global_batch);
  double voxels = 1;
  for (const std::int64_t side : config.data.patch) {
    voxels *= static_cast<double>(side);
  }
  const double work =
      gflop_of_width(static_cast<double>(config.model.width), config.model.conv_lt) /
      gflop_of_width(48, false);
  return kPaperDays * (samples / kPaperSamples) * (voxels / kPaperVoxels) * work;
}

Makespan makespan(std::vector<double> gpu_days, std::int64_t slots, std::int64_t ranks) {
  YATES_ASSERT(slots >= 1 && ranks >= 1, "slots = {}, ranks = {}", slots, ranks);
  std::sort(gpu_days.begin(), gpu_days.end(), std::greater<>());
  std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
  for (std::int64_t slot = 0; slot < slots; ++slot) {
    free_at.push(0);
  }
  Makespan result;
  double total = 0;
  for (const double work : gpu_days) {
    const double days = work / static_cast<double>(ranks);
    const double end = free_at.top() + days;
    free_at.pop();
    free_at.push(end);
    total += days;
    result.days = std::max(result.days, end);
    result.lower_bound_days = std::max(result.lower_bound_days, days);
  }
  result.lower_bound_days = std::max(result.lower_bound_days, total / static_cast<double>(slots));
  return result;
}

}  // namespace yates::campaign
