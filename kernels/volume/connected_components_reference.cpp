// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "kernels/volume/connected_components.hpp"

namespace yates::kernels {
namespace {

bool touch(std::int64_t a, std::int64_t b, const Shape3& shape) {
  const std::int64_t plane = shape[1] * shape[2];
  return std::abs(a / plane - b / plane) <= 1 &&
         std::abs(a / shape[2] % shape[1] - b / shape[2] % shape[1]) <= 1 &&
         std::abs(a % shape[2] - b % shape[2]) <= 1;
}

}  // namespace

std::int32_t connected_components_reference(const std::uint8_t* mask,
                                            const Shape3& shape,
                                            std::int32_t* labels) {
  const std::int64_t count = voxel_count(shape);
  std::fill(labels, labels + count, 0);
  std::int32_t components = 0;
  for (std::int64_t seed = 0; seed < count; ++seed) {
    if (mask[seed] == 0 || labels[seed] != 0) {
      continue;
    }
    std::vector<std::int64_t> open = {seed};
    labels[seed] = ++components;
    while (!open.empty()) {
      const std::int64_t voxel = open.back();
      open.pop_back();
      for (std::int64_t other = 0; other < count; ++other) {
        if (mask[other] != 0 && labels[other] == 0 && touch(voxel, other, shape)) {
          labels[other] = components;
          open.push_back(other);
        }
      }
    }
  }
  return components;
}

}  // namespace yates::kernels
