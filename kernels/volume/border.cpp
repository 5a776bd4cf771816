// SPDX-License-Identifier: Apache-2.0
#include "kernels/volume/border.hpp"

#include <cstddef>
#include <vector>

namespace yates::kernels {
namespace {

/// The rows around one row; a neighbour outside the volume is a row of zeros.
struct RowNeighbours {
  const std::uint8_t* above;
  const std::uint8_t* below;
  const std::uint8_t* before;
  const std::uint8_t* behind;
};

void border_of_row(const std::uint8_t* row,
                   const RowNeighbours& near,
                   std::int64_t width,
                   std::uint8_t* border) {
  const auto outer = [&](std::int64_t x) {
    return static_cast<std::uint8_t>((near.above[x] != 0) & (near.below[x] != 0) &
                                     (near.before[x] != 0) & (near.behind[x] != 0));
  };
  border[0] = row[0] != 0 ? 1 : 0;
  border[width - 1] = row[width - 1] != 0 ? 1 : 0;
  for (std::int64_t x = 1; x + 1 < width; ++x) {
    const auto inside = static_cast<std::uint8_t>(outer(x) & (row[x - 1] != 0) & (row[x + 1] != 0));
    border[x] = static_cast<std::uint8_t>((row[x] != 0) & (inside ^ 1U));
  }
}

}  // namespace

void find_border(const std::uint8_t* mask, const Shape3& shape, std::uint8_t* border) {
  const auto [depth, height, width] = shape;
  if (voxel_count(shape) == 0) {
    return;
  }
  const std::vector<std::uint8_t> zeros(static_cast<std::size_t>(width), 0);
  for (std::int64_t z = 0; z < depth; ++z) {
    for (std::int64_t y = 0; y < height; ++y) {
      const std::int64_t start = (z * height + y) * width;
      const std::uint8_t* row = mask + start;
      const RowNeighbours near{.above = z > 0 ? row - height * width : zeros.data(),
                               .below = z + 1 < depth ? row + height * width : zeros.data(),
                               .before = y > 0 ? row - width : zeros.data(),
                               .behind = y + 1 < height ? row + width : zeros.data()};
      border_of_row(row, near, width, border + start);
    }
  }
}

}  // namespace yates::kernels
