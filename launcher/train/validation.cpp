// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/validation.hpp"

#include <array>
#include <span>
#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>

#include "base/error.hpp"

namespace yates::train {
namespace {

constexpr std::size_t kRegions = 3;
constexpr std::size_t kCounts = 3;

/// By region WT, TC, ET: voxels in both, in the prediction, in the reference.
using PatchCounts = std::array<std::int64_t, kRegions * kCounts>;

constexpr std::array<bool, kRegions> regions_of(std::int64_t label) {
  return {label >= 1 && label <= 3, label == 1 || label == 3, label == 3};
}

PatchCounts count(std::span<const std::int64_t> predicted,
                  std::span<const std::int64_t> reference) {
  YATES_ASSERT(predicted.size() == reference.size(), "{} voxels", predicted.size());
  PatchCounts counts{};
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    const auto p = regions_of(predicted[i]);
    const auto r = regions_of(reference[i]);
    for (std::size_t region = 0; region < kRegions; ++region) {
      counts[region * kCounts] += p[region] && r[region] ? 1 : 0;
      counts[region * kCounts + 1] += p[region] ? 1 : 0;
      counts[region * kCounts + 2] += r[region] ? 1 : 0;
    }
  }
  return counts;
}

std::span<const std::int64_t> values_of(const at::Tensor& labels) {
  return {labels.const_data_ptr<std::int64_t>(), static_cast<std::size_t>(labels.numel())};
}

double dice(const PatchCounts& counts, std::size_t region) {
  const std::int64_t both = counts[region * kCounts];
  const std::int64_t sum = counts[region * kCounts + 1] + counts[region * kCounts + 2];
  return sum == 0 ? 1.0 : 2.0 * static_cast<double>(both) / static_cast<double>(sum);
}

}  // namespace

ValidationResult validate(const TrainedNetwork& network,
                          const ValidationSet& set,
                          dist::Communicator& communicator,
                          dist::Watchdog& watchdog,
                          std::int64_t step,
                          RankFailure& failure,
                          const at::Device& device) {
  const at::NoGradGuard no_grad;
  YATES_ASSERT(set.size > 0, "no validation patches");
  // Counts are never negative: the maximum over the ranks is the one that was counted.
  std::vector<std::int64_t> all(static_cast<std::size_t>(set.size) * kRegions * kCounts);
  for (std::int64_t i = communicator.rank(); i < set.size; i += communicator.size()) {
    watchdog.progress("validation", step);
    TrainingSample patch;
    try {
      patch = set.patch(i);
    } catch (...) {
      failure = describe_current_exception();
      break;  // The others wait in the exchange below.
    }
    const at::Tensor logits = network.logits(patch.x.to(device));
    const at::Tensor predicted = at::argmax(logits, 1).to(at::kCPU).contiguous();
    const at::Tensor reference = patch.y.contiguous();
    const PatchCounts counts = count(values_of(predicted), values_of(reference));
    std::copy(
        counts.begin(), counts.end(), all.begin() + i * static_cast<std::int64_t>(counts.size()));
  }
  communicator.all_reduce_max(all);

  std::array<double, kRegions> sums{};
  for (std::size_t i = 0; i < static_cast<std::size_t>(set.size); ++i) {
    PatchCounts counts{};
    std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(i * counts.size()),
                counts.size(),
                counts.begin());
    for (std::size_t region = 0; region < kRegions; ++region) {
      sums[region] += dice(counts, region);
    }
  }
  const auto n = static_cast<double>(set.size);
  return {sums[0] / n, sums[1] / n, sums[2] / n, (sums[0] + sums[1] + sums[2]) / (3 * n)};
}

}  // namespace yates::train
