// SPDX-License-Identifier: Apache-2.0
// Many standard normal numbers at once, each a pure function of its place.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/random.hpp"

namespace yates::io {

/// The key of one field of noise.
using NoiseKey = std::array<std::uint32_t, 2>;

/// A key drawn from a stream.
NoiseKey draw_noise_key(RandomStream& random);

/// Fills `out` with independent N(0, 1) numbers: Philox words of counter (i / 4, place) under `key`
/// through Box-Muller in float (|value| <= 6.8). Element i depends on key, place and i alone.
void fill_normal(std::span<float> out,
                 const NoiseKey& key,
                 const std::array<std::uint32_t, 3>& place);

}  // namespace yates::io
