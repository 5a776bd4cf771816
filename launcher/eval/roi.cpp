// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/roi.hpp"

#include <algorithm>
#include <cstddef>

#include "base/error.hpp"
#include "launcher/eval/region.hpp"

namespace yates::eval {
namespace {

Json by_region(const std::array<double, 3>& figures) {
  Json json = Json::object();
  for (const Region region : kRegions) {
    json[region_name(region)] = figures[static_cast<std::size_t>(region)];
  }
  return json;
}

}  // namespace

kernels::Box3 roi_box(std::span<const std::uint8_t> mask, const kernels::Shape3& shape) {
  YATES_ASSERT(static_cast<std::int64_t>(mask.size()) == kernels::voxel_count(shape),
               "a mask of {} voxels",
               mask.size());
  const kernels::Box3 tight = kernels::bounding_box(mask.data(), nullptr, shape);
  if (tight.empty()) {
    return {.low = {0, 0, 0}, .high = shape};
  }
  kernels::Box3 box = kernels::grown(tight, kRoiMargin, shape);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::int64_t side = box.high[axis] - box.low[axis];
    const std::int64_t aligned = (side + kRoiAlign - 1) / kRoiAlign * kRoiAlign;
    const std::int64_t wanted = std::min(aligned, shape[axis]);
    const std::int64_t low = box.low[axis] - (wanted - side) / 2;
    box.low[axis] = std::clamp<std::int64_t>(low, 0, shape[axis] - wanted);
    box.high[axis] = box.low[axis] + wanted;
  }
  return box;
}

double theoretical_speedup(const RoiOutcome& outcome) {
  return static_cast<double>(kernels::voxel_count(outcome.shape)) /
         static_cast<double>(kernels::voxel_count(outcome.box.shape()));
}

Json roi_json(const RoiOutcome& outcome) {
  Json box = Json::array();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    box.push_back({outcome.box.low[axis], outcome.box.high[axis]});
  }
  Json json = {{"box", box},
               {"shape", outcome.shape},
               {"windows", outcome.windows},
               {"full_windows", outcome.full_windows},
               {"theoretical_speedup", theoretical_speedup(outcome)},
               {"seconds", outcome.seconds},
               {"full_seconds", nullptr},
               {"speedup", nullptr},
               {"tumour_voxels", outcome.tumour_voxels},
               {"tumour_outside_box", outcome.tumour_outside_box},
               {"cut_off_pct", nullptr},
               {"dice", by_region(outcome.dice)},
               {"full_dice", nullptr},
               {"dice_difference", nullptr}};
  if (outcome.tumour_voxels > 0) {
    json["cut_off_pct"] = 100.0 * static_cast<double>(outcome.tumour_outside_box) /
                          static_cast<double>(outcome.tumour_voxels);
  }
  if (outcome.full_seconds > 0.0) {
    std::array<double, 3> difference{};
    for (std::size_t i = 0; i < 3; ++i) {
      difference[i] = outcome.dice[i] - outcome.full_dice[i];
    }
    json["full_seconds"] = outcome.full_seconds;
    json["speedup"] = outcome.full_seconds / outcome.seconds;
    json["full_dice"] = by_region(outcome.full_dice);
    json["dice_difference"] = by_region(difference);
  }
  return json;
}

}  // namespace yates::eval
