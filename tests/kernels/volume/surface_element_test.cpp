// SPDX-License-Identifier: Apache-2.0
#include "kernels/volume/surface_element.hpp"

#include <bit>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace yates::kernels {
namespace {

TEST(SurfaceElement, SingleCornersEdgesAndFacesHaveTheirAreas) {
  const auto areas = surface_element_areas({1, 1, 1});
  EXPECT_EQ(areas[0], 0.0);
  EXPECT_EQ(areas[255], 0.0);
  EXPECT_NEAR(areas[0b00000001], std::sqrt(3.0) / 8.0, 1e-15);
  EXPECT_NEAR(areas[0b00000011], std::sqrt(0.5), 1e-15);
  EXPECT_NEAR(areas[0b00001111], 1.0, 1e-15);
  EXPECT_NEAR(areas[0b01101001], 4.0 * std::sqrt(3.0) / 8.0, 1e-15);
}

TEST(SurfaceElement, BothSidesSeeTheSameSurface) {
  const auto areas = surface_element_areas({1.5, 0.8, 2.0});
  for (unsigned code = 0; code < 256; ++code) {
    EXPECT_NEAR(areas[code], areas[255 - code], 1e-14) << code;
  }
}

TEST(SurfaceElement, FacesScaleWithTheSpacingAcrossThem) {
  const auto areas = surface_element_areas({2.0, 3.0, 5.0});
  EXPECT_NEAR(areas[0b11110000], 15.0, 1e-14);
  EXPECT_NEAR(areas[0b11001100], 10.0, 1e-14);
  EXPECT_NEAR(areas[0b10101010], 6.0, 1e-14);
}

TEST(SurfaceElement, CodesNameTheVoxelsAroundACorner) {
  const std::vector<std::uint8_t> mask = {0, 7};
  std::vector<CornerCode> codes(2 * 2 * 3, 99);
  corner_codes(mask.data(), {1, 1, 2}, codes.data());
  const std::vector<CornerCode> expected = {0, 128, 64, 0, 32, 16, 0, 8, 4, 0, 2, 1};
  EXPECT_EQ(codes, expected);
}

TEST(SurfaceElement, ABoxIsClosed) {
  const Shape3 shape = {3, 4, 5};
  const std::vector<std::uint8_t> mask(60, 1);
  std::vector<CornerCode> codes(4 * 5 * 6);
  corner_codes(mask.data(), shape, codes.data());
  std::vector<int> by_count(9, 0);
  for (const CornerCode code : codes) {
    ++by_count[static_cast<std::size_t>(std::popcount(code))];
  }
  EXPECT_EQ(by_count[1], 8);
  EXPECT_EQ(by_count[2], 4 * (2 + 3 + 4));
  EXPECT_EQ(by_count[4], 2 * (2 * 3 + 2 * 4 + 3 * 4));
  EXPECT_EQ(by_count[8], 2 * 3 * 4);
}

}  // namespace
}  // namespace yates::kernels
