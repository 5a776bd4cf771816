// SPDX-License-Identifier: Apache-2.0
// Turn and zoom of an image by cubic B-spline, of labels by linear interpolation of indicators.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "io/augment/affine_map.hpp"
#include "io/augment/patch_view.hpp"

namespace yates::io {

/// Resamples every channel in place: cubic B-spline, coefficients for a signal mirrored about its
/// first and last sample, 0 where the source lies outside [0, size - 1] on any axis. Coordinates in
/// double, values in float. Needs 16 bytes of memory per voxel and four channels, kept per thread.
void warp_image(const PatchView& image, const AffineMap& map);

/// Resamples labels (D, H, W) in place: of the labels whose linearly interpolated indicator reaches
/// one half the highest wins; 0 if none does, or outside.
void warp_labels(std::span<std::uint8_t> labels,
                 const std::array<std::int64_t, 3>& shape,
                 const AffineMap& map);

}  // namespace yates::io
