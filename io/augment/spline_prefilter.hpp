// SPDX-License-Identifier: Apache-2.0
// Coefficients of the cubic B-spline that passes through given samples.
// Source: Unser, Aldroubi, Eden, "B-spline signal processing", IEEE Trans. Sig. Proc. 41, 1993.
#pragma once

#include <array>
#include <cstddef>

namespace yates::io {

/// Replaces samples by coefficients along one axis, for `width` adjacent columns at once: row i
/// starts at data + i * stride. The signal continues beyond its ends as a mirror image about its
/// first and last sample. One row stays as it is. Deterministic.
void spline_prefilter(float* data, std::size_t rows, std::size_t stride, std::size_t width);

/// Weights of the coefficients floor(p) - 1 ... floor(p) + 2 at p = floor(p) + t, t in [0, 1).
inline std::array<float, 4> spline_weights(double t) {
  const double u = 1 - t;
  const double square = t * t;
  return {static_cast<float>(u * u * u / 6),
          static_cast<float>((4 - 6 * square + 3 * square * t) / 6),
          static_cast<float>((1 + 3 * t + 3 * square - 3 * square * t) / 6),
          static_cast<float>(square * t / 6)};
}

}  // namespace yates::io
