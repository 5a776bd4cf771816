// SPDX-License-Identifier: Apache-2.0
#include "kernels/volume/dilation.hpp"

#include <numeric>

#include <gtest/gtest.h>

#include "tests/kernels/volume/random_mask.hpp"

namespace yates::kernels {
namespace {

TEST(Dilation, EqualsTheDefinition) {
  for (const Shape3& shape : testing::kAwkwardShapes) {
    for (const int iterations : {0, 1, 3}) {
      const auto mask = testing::random_mask(shape, 0.02, 3);
      std::vector<std::uint8_t> dilated(mask.size(), 9);
      std::vector<std::uint8_t> expected(mask.size());
      dilate_18(mask.data(), shape, iterations, dilated.data());
      dilate_18_reference(mask.data(), shape, iterations, expected.data());
      EXPECT_EQ(dilated, expected) << shape[0] << ' ' << shape[1] << ' ' << shape[2];
    }
  }
}

TEST(Dilation, OfOneVoxelHasNineteen) {
  std::vector<std::uint8_t> mask(125, 0);
  mask[62] = 1;
  std::vector<std::uint8_t> dilated(125);
  dilate_18(mask.data(), {5, 5, 5}, 1, dilated.data());
  EXPECT_EQ(std::accumulate(dilated.begin(), dilated.end(), 0), 19);
}

}  // namespace
}  // namespace yates::kernels
