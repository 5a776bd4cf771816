// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <vector>

#include "kernels/volume/distance_transform.hpp"

namespace yates::kernels {
namespace {

using Point = std::array<double, 3>;

Point position(std::int64_t index, const Shape3& shape, const Spacing3& spacing) {
  const std::int64_t x = index % shape[2];
  const std::int64_t y = index / shape[2] % shape[1];
  const std::int64_t z = index / shape[2] / shape[1];
  return {static_cast<double>(z) * spacing[0],
          static_cast<double>(y) * spacing[1],
          static_cast<double>(x) * spacing[2]};
}

}  // namespace

void squared_distance_transform_reference(const std::uint8_t* targets,
                                          const Shape3& shape,
                                          const Spacing3& spacing,
                                          double* squared) {
  const std::int64_t count = voxel_count(shape);
  for (std::int64_t voxel = 0; voxel < count; ++voxel) {
    const Point here = position(voxel, shape, spacing);
    double best = std::numeric_limits<double>::infinity();
    for (std::int64_t target = 0; target < count; ++target) {
      if (targets[target] == 0) {
        continue;
      }
      const Point there = position(target, shape, spacing);
      const double dz = here[0] - there[0];
      const double dy = here[1] - there[1];
      const double dx = here[2] - there[2];
      best = std::min(best, dz * dz + dy * dy + dx * dx);
    }
    squared[voxel] = best;
  }
}

}  // namespace yates::kernels
