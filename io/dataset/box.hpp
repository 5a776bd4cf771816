// SPDX-License-Identifier: Apache-2.0
// The part of a volume that holds anything.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace yates::io {

/// Half-open ranges [low, high) along z, y, x.
using Box = std::array<std::array<std::int64_t, 2>, 3>;

/// True if the box holds no voxel.
bool is_empty(const Box& box);

/// Grows `box` to hold every voxel of the (D, H, W) volume that is not 0; start from an empty
/// Box{}. T is int16 or float; NaN counts as not 0.
template <typename T>
void grow_to_nonzero(std::span<const T> volume, const std::array<std::int64_t, 3>& shape, Box& box);

extern template void grow_to_nonzero<std::int16_t>(std::span<const std::int16_t>,
                                                   const std::array<std::int64_t, 3>&,
                                                   Box&);
extern template void grow_to_nonzero<float>(std::span<const float>,
                                            const std::array<std::int64_t, 3>&,
                                            Box&);

/// Mean and population standard deviation of values, in double.
struct Moments {
  double mean = 0;
  double sd = 0;
};

/// Exact for int16 up to the last division and root (integer sums); for float a two-pass sum by
/// blocks. Empty input gives zeros. Deterministic.
Moments moments_of(std::span<const std::int16_t> values);
Moments moments_of(std::span<const float> values);

}  // namespace yates::io
