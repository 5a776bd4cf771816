// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/roi.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace yates::eval {
namespace {

constexpr kernels::Shape3 kShape = {40, 50, 33};

std::vector<std::uint8_t> mask_of(const kernels::Box3& box) {
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(kernels::voxel_count(kShape)), 0);
  for (std::int64_t z = box.low[0]; z < box.high[0]; ++z) {
    for (std::int64_t y = box.low[1]; y < box.high[1]; ++y) {
      for (std::int64_t x = box.low[2]; x < box.high[2]; ++x) {
        mask[static_cast<std::size_t>((z * kShape[1] + y) * kShape[2] + x)] = 2;
      }
    }
  }
  return mask;
}

TEST(RoiBox, GrowsByTheMarginAndToMultiplesOfSixteen) {
  // z: 20..21 -> 12..29, 17 long -> 32; y: 18..30 -> 10..38, 28 -> 32; x: 16 -> 8..25, 17 -> 32.
  const kernels::Box3 box = roi_box(mask_of({{20, 18, 16}, {21, 30, 17}}), kShape);
  EXPECT_EQ(box.shape(), (kernels::Shape3{32, 32, 32}));
  EXPECT_EQ(box.low, (kernels::Shape3{5, 8, 1}));
}

TEST(RoiBox, StopsAtTheVolumeAndIsShiftedBackIntoIt) {
  const kernels::Box3 box = roi_box(mask_of({{0, 45, 0}, {3, 50, 33}}), kShape);
  EXPECT_EQ(box.low, (kernels::Shape3{0, 34, 0}));
  EXPECT_EQ(box.high, (kernels::Shape3{16, 50, 33}));
}

TEST(RoiBox, WithoutForegroundIsTheWholeVolume) {
  const std::vector<std::uint8_t> empty(static_cast<std::size_t>(kernels::voxel_count(kShape)), 0);
  EXPECT_EQ(roi_box(empty, kShape), (kernels::Box3{.low = {0, 0, 0}, .high = kShape}));
}

TEST(RoiOutcome, ReportsWhatWasNotMeasuredAsNull) {
  RoiOutcome outcome{.box = {.low = {0, 0, 0}, .high = {16, 16, 16}}, .shape = {32, 32, 32}};
  outcome.tumour_voxels = 200;
  outcome.tumour_outside_box = 3;
  const Json json = roi_json(outcome);
  EXPECT_EQ(json["theoretical_speedup"], 8.0);
  EXPECT_EQ(json["cut_off_pct"], 1.5);
  EXPECT_TRUE(json["speedup"].is_null());
}

}  // namespace
}  // namespace yates::eval
