// SPDX-License-Identifier: Apache-2.0
// Mirror images along the axes of a volume.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace yates::io {

/// Reverses (D, H, W) in place along the axes (z, y, x) that are set.
template <typename T>
void mirror(std::span<T> volume,
            const std::array<std::int64_t, 3>& shape,
            const std::array<bool, 3>& axes);

// ---- implementation ----

template <typename T>
void mirror(std::span<T> volume,
            const std::array<std::int64_t, 3>& shape,
            const std::array<bool, 3>& axes) {
  const std::int64_t depth = shape[0];
  const std::int64_t height = shape[1];
  const std::int64_t width = shape[2];
  const auto row = [&](std::int64_t z, std::int64_t y) {
    return volume.begin() + (z * height + y) * width;
  };
  // Rows swap with their counterparts under z and y; each pair is visited from its lower member.
  for (std::int64_t z = 0; z < depth; ++z) {
    for (std::int64_t y = 0; y < height; ++y) {
      const std::int64_t other_z = axes[0] ? depth - 1 - z : z;
      const std::int64_t other_y = axes[1] ? height - 1 - y : y;
      const auto here = row(z, y);
      if (axes[2]) {
        std::reverse(here, here + width);
      }
      if (other_z * height + other_y < z * height + y) {
        std::swap_ranges(here, here + width, row(other_z, other_y));
      }
    }
  }
}

}  // namespace yates::io
