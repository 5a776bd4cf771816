// SPDX-License-Identifier: Apache-2.0
// Exact Euclidean distance transform: one scan along x, then lower envelopes of parabolas along y
// and z (Felzenszwalb and Huttenlocher, Theory of Computing 8, 2012).
#pragma once

#include <cstdint>

#include "kernels/volume/box.hpp"

namespace yates::kernels {

/// Writes to `squared` (shape) the squared distance in mm2 from each voxel to the nearest set voxel
/// of `targets` (shape); infinity everywhere if none is set. With spacing 1 every value is an exact
/// integer. Deterministic. Memory: one row per axis besides the output.
void squared_distance_transform(const std::uint8_t* targets,
                                const Shape3& shape,
                                const Spacing3& spacing,
                                double* squared);

/// The same from the definition, by trying every pair: what the fast version is tested against.
void squared_distance_transform_reference(const std::uint8_t* targets,
                                          const Shape3& shape,
                                          const Spacing3& spacing,
                                          double* squared);

}  // namespace yates::kernels
