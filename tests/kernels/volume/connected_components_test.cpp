// SPDX-License-Identifier: Apache-2.0
#include "kernels/volume/connected_components.hpp"

#include <gtest/gtest.h>

#include "tests/kernels/volume/random_mask.hpp"

namespace yates::kernels {
namespace {

TEST(ConnectedComponents, EqualFloodFillIncludingTheNumbering) {
  for (const Shape3& shape : testing::kAwkwardShapes) {
    for (const double density : {0.0, 0.03, 0.1, 0.3, 1.0}) {
      for (unsigned seed = 0; seed < 4; ++seed) {
        const auto mask = testing::random_mask(shape, density, seed);
        std::vector<std::int32_t> labels(mask.size(), -1);
        std::vector<std::int32_t> expected(mask.size(), -1);
        const std::int32_t count = connected_components(mask.data(), shape, labels.data());
        EXPECT_EQ(count, connected_components_reference(mask.data(), shape, expected.data()));
        EXPECT_EQ(labels, expected);
      }
    }
  }
}

TEST(ConnectedComponents, JoinAcrossACornerOnly) {
  const std::vector<std::uint8_t> mask = {1, 0, 0, 0, 0, 0, 0, 1};
  std::vector<std::int32_t> labels(8);
  EXPECT_EQ(connected_components(mask.data(), {2, 2, 2}, labels.data()), 1);
}

TEST(ConnectedComponents, JoinTwoArmsThatMeetLate) {
  const std::vector<std::uint8_t> mask = {1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1};
  std::vector<std::int32_t> labels(15);
  EXPECT_EQ(connected_components(mask.data(), {1, 3, 5}, labels.data()), 2);
  EXPECT_EQ(labels, (std::vector<std::int32_t>{1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 2}));
}

}  // namespace
}  // namespace yates::kernels
