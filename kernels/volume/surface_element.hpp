// SPDX-License-Identifier: Apache-2.0
// The surface of a mask as elements on the corners of its voxels: marching cubes with vertices at
// the middle of edges, as DeepMind's surface-distance and the BraTS challenge measure it.
#pragma once

#include <array>
#include <cstdint>

#include "kernels/volume/box.hpp"

namespace yates::kernels {

/// Code of a corner: one bit for each of the 8 voxels around it. Bit 4 i + 2 j + k stands for the
/// voxel on the low (0) or high (1) side along z (i), y (j) and x (k).
using CornerCode = std::uint8_t;

/// A corner carries a surface element unless all 8 voxels around it are equal.
inline bool is_surface(CornerCode code) {
  return code != 0 && code != 0xFF;
}

/// Writes the codes of all corners of a mask (shape) to `codes`, (D+1, H+1, W+1): corner (z, y, x)
/// lies before voxel (z, y, x). Outside the volume nothing is set. Deterministic.
void corner_codes(const std::uint8_t* mask, const Shape3& shape, CornerCode* codes);

/// Area in mm2 of the surface element of each code, for voxels of `spacing`.
std::array<double, 256> surface_element_areas(const Spacing3& spacing);

}  // namespace yates::kernels
