// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/metrics_case.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace yates::eval {
namespace {

constexpr kernels::Shape3 kShape = {8, 9, 10};

std::vector<std::uint8_t> empty_map() {
  return std::vector<std::uint8_t>(static_cast<std::size_t>(kernels::voxel_count(kShape)), 0);
}

void fill_box(std::vector<std::uint8_t>& map, const kernels::Box3& box, std::uint8_t label) {
  for (std::int64_t z = box.low[0]; z < box.high[0]; ++z) {
    for (std::int64_t y = box.low[1]; y < box.high[1]; ++y) {
      for (std::int64_t x = box.low[2]; x < box.high[2]; ++x) {
        map[static_cast<std::size_t>((z * kShape[1] + y) * kShape[2] + x)] = label;
      }
    }
  }
}

RegionMetrics measure(const std::vector<std::uint8_t>& pred,
                      const std::vector<std::uint8_t>& ref,
                      Region region,
                      const kernels::Spacing3& spacing = {1, 1, 1}) {
  const CaseMetrics metrics = measure_case(pred.data(), ref.data(), kShape, spacing, kConventions);
  return metrics.regions[static_cast<std::size_t>(region)];
}

const Score& score(const RegionMetrics& metrics, Convention convention) {
  return metrics.scores[static_cast<std::size_t>(convention)];
}

TEST(MeasureCase, EdemaAloneLeavesCoreAndEnhancingTumourEmpty) {
  auto pred = empty_map();
  fill_box(pred, {{1, 1, 1}, {5, 5, 5}}, 2);
  const auto ref = pred;
  EXPECT_EQ(score(measure(pred, ref, Region::WT), Convention::Segmamba).dice, 1.0);
  const RegionMetrics core = measure(pred, ref, Region::TC);
  EXPECT_EQ(score(core, Convention::Segmamba).dice, 0.0);
  EXPECT_EQ(score(core, Convention::Segmamba).hd95_mm, 50.0);
  EXPECT_EQ(score(core, Convention::Brats2023).dice, 1.0);
  EXPECT_TRUE(std::isnan(score(core, Convention::MedPy).hd95_mm));
}

TEST(MeasureCase, SegmambaIgnoresTheSpacingAndOthersDoNot) {
  auto pred = empty_map();
  auto ref = empty_map();
  pred[0] = 3;
  ref[3] = 3;
  const RegionMetrics metrics = measure(pred, ref, Region::ET, {1.0, 1.0, 2.0});
  EXPECT_EQ(score(metrics, Convention::Segmamba).hd95_mm, 3.0);
  EXPECT_EQ(score(metrics, Convention::MedPy).hd95_mm, 6.0);
  EXPECT_EQ(score(metrics, Convention::Monai).hd95_mm, 6.0);
  EXPECT_EQ(score(metrics, Convention::Brats2023).hd95_mm, 6.0);
}

TEST(MeasureCase, ExactlyFiftyCubicMillimetresAreNoLesion) {
  auto ref = empty_map();
  fill_box(ref, {{0, 0, 0}, {2, 5, 5}}, 1);
  EXPECT_EQ(measure(empty_map(), ref, Region::TC).lesions, 0);
  ref[250] = 1;
  EXPECT_EQ(measure(empty_map(), ref, Region::TC).lesions, 1);
}

TEST(MeasureCase, ComputesOnlyTheConventionsAskedFor) {
  auto pred = empty_map();
  pred[5] = 1;
  const std::vector<Convention> one = {Convention::MedPy};
  const CaseMetrics metrics = measure_case(pred.data(), pred.data(), kShape, {1, 1, 1}, one);
  EXPECT_EQ(score(metrics.regions[0], Convention::MedPy).dice, 1.0);
  EXPECT_TRUE(std::isnan(score(metrics.regions[0], Convention::Monai).dice));
}

TEST(Convention, UnknownNamesAreRefusedWithASuggestion) {
  try {
    conventions_named("brats2024");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::Usage);
    EXPECT_NE(std::string(error.what()).find("brats2023"), std::string::npos);
  }
  EXPECT_EQ(conventions_named("all").size(), 5U);
}

}  // namespace
}  // namespace yates::eval
