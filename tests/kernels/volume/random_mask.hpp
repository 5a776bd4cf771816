// SPDX-License-Identifier: Apache-2.0
// Random masks of awkward sizes for the volume kernels.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "kernels/volume/box.hpp"

namespace yates::testing {

/// Sizes with rows of one voxel, flat volumes and lengths that no vector width divides.
inline constexpr std::array<kernels::Shape3, 6> kAwkwardShapes = {
    {{1, 1, 1}, {1, 1, 37}, {5, 1, 1}, {3, 19, 2}, {7, 8, 9}, {11, 5, 17}}};

/// A mask in which a voxel is set with the given probability.
inline std::vector<std::uint8_t> random_mask(const kernels::Shape3& shape,
                                             double density,
                                             unsigned seed) {
  std::mt19937 generator(seed);
  std::bernoulli_distribution set(density);
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(kernels::voxel_count(shape)));
  for (std::uint8_t& voxel : mask) {
    voxel = set(generator) ? 1 : 0;
  }
  return mask;
}

}  // namespace yates::testing
