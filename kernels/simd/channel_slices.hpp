// SPDX-License-Identifier: Apache-2.0
// How the token-major cores cut the channels into units of work: by the shape alone, so that no
// result depends on the number of threads.
#pragma once

#include <algorithm>
#include <cstdint>

namespace yates::kernels {

inline constexpr std::int64_t kSliceAlign = 16;  ///< The lanes of the widest instruction set.

constexpr std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}
constexpr std::int64_t round_up(std::int64_t a, std::int64_t b) {
  return divide_up(a, b) * b;
}

/// Channels per slice, a multiple of kSliceAlign: at most `widest`, itself one, and four slices
/// where that leaves whole vectors.
constexpr std::int64_t slice_width(std::int64_t channels, std::int64_t widest = 64) {
  constexpr std::int64_t kWanted = 4;
  const std::int64_t slices = std::max(kWanted, divide_up(channels, widest));
  return round_up(divide_up(std::max<std::int64_t>(channels, 1), slices), kSliceAlign);
}

}  // namespace yates::kernels
