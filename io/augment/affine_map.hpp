// SPDX-License-Identifier: Apache-2.0
// Where a voxel of the turned and scaled patch comes from.
#pragma once

#include <array>
#include <cstdint>

#include "io/augment/parameters.hpp"

namespace yates::io {

/// Source coordinate of voxel c: matrix (c - centre) + centre, centre = (size - 1) / 2.
struct AffineMap {
  std::array<std::array<double, 3>, 3> matrix;  ///< [source axis][patch axis]
  std::array<double, 3> centre;

  /// Source (z, y, x) of a voxel, voxel units.
  [[nodiscard]] std::array<double, 3> source(double z, double y, double x) const {
    std::array<double, 3> at{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      at[axis] = matrix[axis][0] * (z - centre[0]) + matrix[axis][1] * (y - centre[1]) +
                 matrix[axis][2] * (x - centre[2]) + centre[axis];
    }
    return at;
  }
};

/// The map of `spatial` for a patch of `shape`.
AffineMap affine_map(const SpatialParameters& spatial, const std::array<std::int64_t, 3>& shape);

}  // namespace yates::io
