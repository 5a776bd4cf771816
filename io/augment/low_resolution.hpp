// SPDX-License-Identifier: Apache-2.0
// Simulates an image of lower resolution: sampled down by nearest neighbour, up by cubic spline.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace yates::io {

/// Source index of each of `small` samples out of `size`: floor((i + 0.5) size / small).
std::vector<std::size_t> nearest_indices(std::int64_t size, std::int64_t small);

/// Shows (D, H, W) in place at `zoom` of its resolution: sides round(zoom * n), halves to even;
/// cubic spline up with the edges extended by 12 voxels, clipped to the low image's range.
void lower_resolution(std::span<float> channel,
                      const std::array<std::int64_t, 3>& shape,
                      double zoom);

}  // namespace yates::io
