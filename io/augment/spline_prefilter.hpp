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
  constexpr double kSixth = 1.0 / 6;
  const double u = 1 - t;
  const double square = t * t;
  const double cube = square * t;
  const double w0 = u * u * u * kSixth;
  const double w1 = (4 - 6 * square + 3 * cube) * kSixth;
  const double w3 = cube * kSixth;
  return {static_cast<float>(w0),
          static_cast<float>(w1),
          static_cast<float>(1 - w0 - w1 - w3),
          static_cast<float>(w3)};
}

}  // namespace yates::io
