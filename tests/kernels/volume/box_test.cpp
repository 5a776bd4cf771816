// SPDX-License-Identifier: Apache-2.0
#include "kernels/volume/box.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace yates::kernels {
namespace {

TEST(BoundingBox, HoldsTheVoxelsOfBothMasks) {
  const Shape3 shape = {4, 5, 6};
  std::vector<std::uint8_t> first(120, 0);
  std::vector<std::uint8_t> second(120, 0);
  first[(1 * 5 + 4) * 6 + 2] = 3;
  second[(3 * 5 + 2) * 6 + 5] = 1;
  EXPECT_EQ(bounding_box(first.data(), second.data(), shape), (Box3{{1, 2, 2}, {4, 5, 6}}));
  EXPECT_EQ(bounding_box(first.data(), nullptr, shape), (Box3{{1, 4, 2}, {2, 5, 3}}));
}

TEST(BoundingBox, IsEmptyWithoutVoxels) {
  const std::vector<std::uint8_t> none(24, 0);
  EXPECT_TRUE(bounding_box(none.data(), nullptr, {2, 3, 4}).empty());
}

TEST(BoundingBox, GrowsWithinTheVolume) {
  EXPECT_EQ(grown({{1, 0, 5}, {2, 3, 6}}, 2, {3, 9, 7}), (Box3{{0, 0, 3}, {3, 5, 7}}));
}

TEST(CopyBox, TakesTheVoxelsInOrder) {
  std::vector<std::uint8_t> volume(24);
  for (std::size_t i = 0; i < volume.size(); ++i) {
    volume[i] = static_cast<std::uint8_t>(i);
  }
  std::vector<std::uint8_t> part(4);
  copy_box(volume.data(), {2, 3, 4}, {{1, 1, 2}, {2, 3, 4}}, part.data());
  EXPECT_EQ(part, (std::vector<std::uint8_t>{18, 19, 22, 23}));
}

}  // namespace
}  // namespace yates::kernels
