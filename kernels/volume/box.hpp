// SPDX-License-Identifier: Apache-2.0
// Shapes, spacings and boxes of volumes. Every volume here is (D, H, W) = (z, y, x), x fastest.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace yates::kernels {

using Shape3 = std::array<std::int64_t, 3>;  ///< Voxels along (z, y, x).
using Spacing3 = std::array<double, 3>;      ///< Voxel size along (z, y, x), in mm, positive.

/// Number of voxels of a shape.
inline std::int64_t voxel_count(const Shape3& shape) {
  return shape[0] * shape[1] * shape[2];
}

/// Voxels from `low` up to, not including, `high` along (z, y, x). Empty: high <= low on an axis.
struct Box3 {
  Shape3 low = {0, 0, 0};
  Shape3 high = {0, 0, 0};

  [[nodiscard]] bool empty() const {
    return high[0] <= low[0] || high[1] <= low[1] || high[2] <= low[2];
  }
  [[nodiscard]] Shape3 shape() const {
    return {high[0] - low[0], high[1] - low[1], high[2] - low[2]};
  }
  bool operator==(const Box3&) const = default;
};

/// The smallest box that holds every non-zero voxel of `first` or `second` (shape each; `second`
/// may be null); an empty box if there is none.
Box3 bounding_box(const std::uint8_t* first, const std::uint8_t* second, const Shape3& shape);

/// `box` grown by `margin` voxels on each side, within a volume of `shape`.
Box3 grown(const Box3& box, std::int64_t margin, const Shape3& shape);

/// Copies the voxels of `box` out of `volume` (shape) into `part` (box.shape()).
void copy_box(const std::uint8_t* volume, const Shape3& shape, const Box3& box, std::uint8_t* part);

}  // namespace yates::kernels
