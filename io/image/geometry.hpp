// SPDX-License-Identifier: Apache-2.0
// Where the voxels of a volume lie in space, as ITK says it (LPS: x to the patient's left, y to the
// back, z to the head).
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace yates::io {

/// The grid of a volume. Voxels are stored with x fastest.
struct Geometry {
  std::array<std::int64_t, 3> shape{};           ///< (D, H, W) = (z, y, x).
  std::array<double, 3> spacing_mm = {1, 1, 1};  ///< Along x, y, z of the grid.
  std::array<double, 3> origin{};                ///< Centre of the first voxel, mm, LPS.
  std::array<double, 9> direction{1, 0, 0, 0, 1, 0, 0, 0, 1};  ///< Row-major; columns = grid axes.

  [[nodiscard]] std::int64_t voxels() const { return shape[0] * shape[1] * shape[2]; }
};

/// How the grids differ, e.g. "spacing (1, 1, 1) and (1, 1, 2) mm"; empty if they do not. Shapes
/// must be equal; spacing, origin (mm) and direction agree within `tolerance` per component.
std::string grid_difference(const Geometry& a, const Geometry& b, double tolerance = 1e-3);

/// True if voxel (z, y, x) of both is the same point in space.
bool same_grid(const Geometry& a, const Geometry& b, double tolerance = 1e-3);

}  // namespace yates::io
