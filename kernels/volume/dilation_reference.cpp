// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdlib>
#include <vector>

#include "kernels/volume/dilation.hpp"

namespace yates::kernels {
namespace {

bool any_near(const std::vector<std::uint8_t>& mask, const Shape3& shape, const Shape3& at) {
  for (std::int64_t z = 0; z < shape[0]; ++z) {
    for (std::int64_t y = 0; y < shape[1]; ++y) {
      for (std::int64_t x = 0; x < shape[2]; ++x) {
        const std::int64_t dz = std::abs(z - at[0]);
        const std::int64_t dy = std::abs(y - at[1]);
        const std::int64_t dx = std::abs(x - at[2]);
        const bool near = dz <= 1 && dy <= 1 && dx <= 1 && dz + dy + dx <= 2;
        if (near && mask[static_cast<std::size_t>((z * shape[1] + y) * shape[2] + x)] != 0) {
          return true;
        }
      }
    }
  }
  return false;
}

}  // namespace

void dilate_18_reference(const std::uint8_t* mask,
                         const Shape3& shape,
                         int iterations,
                         std::uint8_t* dilated) {
  std::vector<std::uint8_t> current(mask, mask + voxel_count(shape));
  for (int iteration = 0; iteration < iterations; ++iteration) {
    std::vector<std::uint8_t> next(current.size());
    std::size_t voxel = 0;
    for (std::int64_t z = 0; z < shape[0]; ++z) {
      for (std::int64_t y = 0; y < shape[1]; ++y) {
        for (std::int64_t x = 0; x < shape[2]; ++x) {
          next[voxel++] = any_near(current, shape, {z, y, x}) ? 1 : 0;
        }
      }
    }
    current = next;
  }
  for (std::size_t voxel = 0; voxel < current.size(); ++voxel) {
    dilated[voxel] = current[voxel] != 0 ? 1 : 0;
  }
}

}  // namespace yates::kernels
