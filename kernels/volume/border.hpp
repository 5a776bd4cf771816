// SPDX-License-Identifier: Apache-2.0
// Border voxels of a mask: what a binary erosion with the 6-neighbour cross takes away.
#pragma once

#include <cstdint>

#include "kernels/volume/box.hpp"

namespace yates::kernels {

/// Marks in `border` (shape, 0 or 1) the set voxels of `mask` (shape, 0 or not) with at least one
/// of their 6 neighbours not set. Outside the volume nothing is set, so set voxels on its faces
/// are border. Deterministic.
void find_border(const std::uint8_t* mask, const Shape3& shape, std::uint8_t* border);

}  // namespace yates::kernels
