// SPDX-License-Identifier: Apache-2.0
// Distances from a list of voxels to the nearest of a set: what surface metrics need of a distance
// transform. Near targets are found by a search over rows, far ones by the full transform.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/volume/box.hpp"

namespace yates::kernels {

/// Writes to `squared[i]` the squared distance in mm2 from voxel `queries[i]` (linear index) to the
/// nearest set voxel of `targets` (shape); infinity if none is set. With spacing 1 every value is
/// an exact integer. Deterministic. Precondition: rows shorter than 65535 voxels. Cost:
/// proportional to the voxels plus, per query, the rows within its distance, at most about twice a
/// full transform; memory 2 bytes per voxel, 8 more when the full transform is needed.
void nearest_squared_distances(const std::uint8_t* targets,
                               const Shape3& shape,
                               const Spacing3& spacing,
                               std::span<const std::int64_t> queries,
                               std::span<double> squared);

}  // namespace yates::kernels
