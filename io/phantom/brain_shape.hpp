// SPDX-License-Identifier: Apache-2.0
// The brain of a phantom: a noisy ellipsoid, centred in the volume.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "io/phantom/lattice_noise.hpp"
#include "io/phantom/options.hpp"

namespace yates::io {

/// A brain in its bounding box. Arrays are (D, H, W) of the box, x fastest.
struct BrainShape {
  PhantomGrid grid;                    ///< The box; the brain touches each of its six faces.
  std::array<std::int64_t, 3> corner;  ///< First voxel of the box in the volume.
  std::array<double, 3> centre;        ///< Of the ellipsoid, in voxels of the box.
  std::array<double, 3> half_axes;     ///< In voxels.
  /// Inside: 1 at the centre falling to 0 at the surface; not positive outside.
  std::vector<float> depth;
};

/// Draws the brain of case `index`. Box sides N(146.2, 6), N(171.3, 8), N(135.7, 6) mm, clipped.
BrainShape draw_brain(const PhantomOptions& options, std::uint64_t index);

}  // namespace yates::io
