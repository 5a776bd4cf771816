// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.hpp"
#include "base/random.hpp"

namespace yates::io {
namespace {

/// Labels that the case has.
std::vector<std::uint8_t> present_labels(const SamplerCase& sampled) {
  std::vector<std::uint8_t> present;
  for (std::size_t i = 0; i < sampled.label_voxels.size(); ++i) {
    if (sampled.label_voxels[i] > 0) {
      present.push_back(static_cast<std::uint8_t>(i + 1));
    }
  }
  return present;
}

}  // namespace

std::array<std::int64_t, 2> corner_range(std::int64_t size, std::int64_t patch) {
  const std::int64_t need = std::max<std::int64_t>(0, patch - size);
  return {-((need + 1) / 2), size + need / 2 + need % 2 - patch};
}

std::array<std::int64_t, 3> centred_corner(const std::array<std::int64_t, 3>& shape,
                                           const std::array<std::int64_t, 3>& patch,
                                           const std::array<std::int64_t, 3>& voxel) {
  std::array<std::int64_t, 3> corner{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    corner[axis] =
        std::max(corner_range(shape[axis], patch[axis])[0], voxel[axis] - patch[axis] / 2);
  }
  return corner;
}

bool forced_foreground(std::int64_t slot, std::int64_t batch, double fraction) {
  return static_cast<double>(slot) >= std::nearbyint(static_cast<double>(batch) * (1 - fraction));
}

PatchSampler::PatchSampler(std::vector<SamplerCase> cases,
                           std::array<std::int64_t, 3> patch,
                           double foreground_fraction,
                           std::int64_t global_batch,
                           std::uint64_t seed)
    : cases_(std::move(cases)),
      patch_(patch),
      foreground_fraction_(foreground_fraction),
      global_batch_(global_batch),
      seed_(seed) {
  if (cases_.empty()) {
    throw Error(ExitCode::BadData,
                Problem{.what = "no case to draw patches from",
                        .where = "training part of the split",
                        .allowed = "at least one case",
                        .fix = "make a split with `yates data split`"});
  }
}

PatchChoice PatchSampler::choose(std::int64_t step,
                                 std::int64_t slot,
                                 const VoxelFinder& find) const {
  YATES_ASSERT(slot >= 0 && slot < global_batch_, "slot {} of {}", slot, global_batch_);
  RandomStream random(
      seed_, "patch", static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(slot));
  PatchChoice choice;
  choice.case_index = static_cast<std::size_t>(random.below(cases_.size()));
  const SamplerCase& sampled = cases_[choice.case_index];
  const std::vector<std::uint8_t> present = present_labels(sampled);
  if (forced_foreground(slot, global_batch_, foreground_fraction_) && !present.empty()) {
    choice.foreground = true;
    choice.label = present[random.below(present.size())];
    const std::int64_t count = sampled.label_voxels[choice.label - 1U];
    const std::int64_t k = random.integer(0, count - 1);
    choice.voxel = find(choice.case_index, choice.label, k);
    choice.corner = centred_corner(sampled.shape, patch_, choice.voxel);
    return choice;
  }
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto [first, last] = corner_range(sampled.shape[axis], patch_[axis]);
    choice.corner[axis] = random.integer(first, last);
  }
  return choice;
}

}  // namespace yates::io
