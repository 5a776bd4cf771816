// SPDX-License-Identifier: Apache-2.0
#include "kernels/volume/border.hpp"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "tests/kernels/volume/random_mask.hpp"

namespace yates::kernels {
namespace {

bool set_at(const std::vector<std::uint8_t>& mask, const Shape3& shape, const Shape3& at) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (at[axis] < 0 || at[axis] >= shape[axis]) {
      return false;
    }
  }
  return mask[static_cast<std::size_t>((at[0] * shape[1] + at[1]) * shape[2] + at[2])] != 0;
}

bool is_border(const std::vector<std::uint8_t>& mask, const Shape3& shape, const Shape3& at) {
  bool surrounded = true;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    for (const std::int64_t step : {-1, 1}) {
      Shape3 near = at;
      near[axis] += step;
      surrounded = surrounded && set_at(mask, shape, near);
    }
  }
  return set_at(mask, shape, at) && !surrounded;
}

TEST(Border, IsWhatOneErosionWithTheCrossRemoves) {
  for (const Shape3& shape : testing::kAwkwardShapes) {
    for (const double density : {0.5, 0.9, 1.0}) {
      const auto mask = testing::random_mask(shape, density, 7);
      std::vector<std::uint8_t> border(mask.size(), 9);
      find_border(mask.data(), shape, border.data());
      std::size_t voxel = 0;
      for (std::int64_t z = 0; z < shape[0]; ++z) {
        for (std::int64_t y = 0; y < shape[1]; ++y) {
          for (std::int64_t x = 0; x < shape[2]; ++x) {
            EXPECT_EQ(border[voxel++], is_border(mask, shape, {z, y, x}) ? 1 : 0);
          }
        }
      }
    }
  }
}

TEST(Border, TakesAnyValueButZeroAsSet) {
  const std::vector<std::uint8_t> mask(27, 200);
  std::vector<std::uint8_t> border(27);
  find_border(mask.data(), {3, 3, 3}, border.data());
  EXPECT_EQ(std::count(border.begin(), border.end(), 1), 26);
  EXPECT_EQ(border[13], 0);
}

}  // namespace
}  // namespace yates::kernels
