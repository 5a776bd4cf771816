// SPDX-License-Identifier: Apache-2.0
#include "kernels/volume/dilation.hpp"

#include <cstddef>
#include <vector>

namespace yates::kernels {
namespace {

void merge_row(const std::uint8_t* from, std::int64_t width, std::uint8_t* into) {
  for (std::int64_t x = 0; x < width; ++x) {
    into[x] = static_cast<std::uint8_t>(into[x] | from[x]);
  }
}

/// Each row of `mask` widened by one voxel to both sides.
void widen_rows(const std::uint8_t* mask, const Shape3& shape, std::uint8_t* wide) {
  const std::int64_t width = shape[2];
  for (std::int64_t row = 0; row < shape[0] * shape[1]; ++row) {
    const std::uint8_t* from = mask + row * width;
    std::uint8_t* into = wide + row * width;
    for (std::int64_t x = 0; x < width; ++x) {
      into[x] = from[x];
    }
    merge_row(from + 1, width - 1, into);
    merge_row(from, width - 1, into + 1);
  }
}

/// One dilation. A neighbour row next to this one (along z or y) may be offset by one voxel along
/// x as well; a row at the diagonal may not, for that would be a corner.
void dilate_once(const std::uint8_t* mask,
                 const Shape3& shape,
                 std::uint8_t* wide,
                 std::uint8_t* dilated) {
  const auto [depth, height, width] = shape;
  widen_rows(mask, shape, wide);
  for (std::int64_t z = 0; z < depth; ++z) {
    for (std::int64_t y = 0; y < height; ++y) {
      std::uint8_t* into = dilated + (z * height + y) * width;
      for (std::int64_t dz = -1; dz <= 1; ++dz) {
        for (std::int64_t dy = -1; dy <= 1; ++dy) {
          if (z + dz < 0 || z + dz >= depth || y + dy < 0 || y + dy >= height) {
            continue;
          }
          const std::uint8_t* rows = dz != 0 && dy != 0 ? mask : wide;
          merge_row(rows + ((z + dz) * height + y + dy) * width, width, into);
        }
      }
    }
  }
}

}  // namespace

void dilate_18(const std::uint8_t* mask,
               const Shape3& shape,
               int iterations,
               std::uint8_t* dilated) {
  const auto count = static_cast<std::size_t>(voxel_count(shape));
  std::vector<std::uint8_t> current(count);
  for (std::size_t voxel = 0; voxel < count; ++voxel) {
    current[voxel] = mask[voxel] != 0 ? 1 : 0;
  }
  std::vector<std::uint8_t> wide(count);
  std::vector<std::uint8_t> next(count);
  for (int iteration = 0; iteration < iterations; ++iteration) {
    next.assign(count, 0);
    dilate_once(current.data(), shape, wide.data(), next.data());
    current.swap(next);
  }
  for (std::size_t voxel = 0; voxel < count; ++voxel) {
    dilated[voxel] = current[voxel];
  }
}

}  // namespace yates::kernels
