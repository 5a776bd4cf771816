// SPDX-License-Identifier: Apache-2.0
// Binary dilation with the 18-neighbour element (faces and edges, not corners).
#pragma once

#include <cstdint>

#include "kernels/volume/box.hpp"

namespace yates::kernels {

/// Writes to `dilated` (shape, 0 or 1) the mask (shape, 0 or not) after `iterations` dilations with
/// the 18-neighbour element; nothing enters from outside the volume. Deterministic.
void dilate_18(const std::uint8_t* mask,
               const Shape3& shape,
               int iterations,
               std::uint8_t* dilated);

/// The same voxel by voxel from the definition: what the fast version is tested against.
void dilate_18_reference(const std::uint8_t* mask,
                         const Shape3& shape,
                         int iterations,
                         std::uint8_t* dilated);

}  // namespace yates::kernels
