// SPDX-License-Identifier: Apache-2.0
#include "kernels/volume/distance_transform.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/kernels/volume/random_mask.hpp"

namespace yates::kernels {
namespace {

std::vector<double> transform(const std::vector<std::uint8_t>& mask,
                              const Shape3& shape,
                              const Spacing3& spacing) {
  std::vector<double> result(mask.size(), -1.0);
  squared_distance_transform(mask.data(), shape, spacing, result.data());
  return result;
}

TEST(DistanceTransform, IsExactForSpacingOne) {
  for (const Shape3& shape : testing::kAwkwardShapes) {
    for (const double density : {0.0, 0.01, 0.1, 0.5}) {
      const auto mask = testing::random_mask(shape, density, 11);
      std::vector<double> expected(mask.size());
      squared_distance_transform_reference(mask.data(), shape, {1, 1, 1}, expected.data());
      EXPECT_EQ(transform(mask, shape, {1, 1, 1}), expected);
    }
  }
}

TEST(DistanceTransform, FollowsAnisotropicSpacing) {
  const Spacing3 spacing = {3.1, 0.7, 1.3};
  for (const Shape3& shape : testing::kAwkwardShapes) {
    const auto mask = testing::random_mask(shape, 0.05, 5);
    std::vector<double> expected(mask.size());
    squared_distance_transform_reference(mask.data(), shape, spacing, expected.data());
    const std::vector<double> actual = transform(mask, shape, spacing);
    for (std::size_t i = 0; i < mask.size(); ++i) {
      if (std::isinf(expected[i])) {
        EXPECT_EQ(actual[i], expected[i]);
      } else {
        EXPECT_NEAR(actual[i], expected[i], 1e-12 * (1.0 + expected[i]));
      }
    }
  }
}

}  // namespace
}  // namespace yates::kernels
