// SPDX-License-Identifier: Apache-2.0
// Gaussian blur of a channel.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace yates::io {

/// Weights of offsets 0 ... radius, radius = int(4 sigma + 0.5); the whole kernel sums to 1.
std::vector<float> gaussian_kernel(double sigma);

/// Blurs (D, H, W) in place, axis by axis; beyond the ends the signal continues as a mirror image
/// about the outer face of the last voxel.
void blur(std::span<float> channel, const std::array<std::int64_t, 3>& shape, double sigma);

}  // namespace yates::io
