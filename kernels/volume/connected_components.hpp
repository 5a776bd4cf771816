// SPDX-License-Identifier: Apache-2.0
// Connected components of a mask.
#pragma once

#include <cstdint>

#include "kernels/volume/box.hpp"

namespace yates::kernels {

/// Writes to `labels` (shape) 0 where `mask` (shape) is 0, else the number 1, 2, ... of the
/// component the voxel belongs to; voxels that share a face, edge or corner are connected (26).
/// Components are numbered by their first voxel in (z, y, x) order. Returns how many there are.
/// Throws Error{Internal} for more than 2^31 voxels. Deterministic.
std::int32_t connected_components(const std::uint8_t* mask,
                                  const Shape3& shape,
                                  std::int32_t* labels);

/// The same by flood filling from each voxel: what the fast version is tested against.
std::int32_t connected_components_reference(const std::uint8_t* mask,
                                            const Shape3& shape,
                                            std::int32_t* labels);

}  // namespace yates::kernels
