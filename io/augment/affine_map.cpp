// SPDX-License-Identifier: Apache-2.0
#include "io/augment/affine_map.hpp"

#include <cmath>

namespace yates::io {
namespace {

using Matrix = std::array<std::array<double, 3>, 3>;

/// Right-handed turn about array axis `axis`.
Matrix turn(std::size_t axis, double angle) {
  const std::size_t a = (axis + 1) % 3;
  const std::size_t b = (axis + 2) % 3;
  Matrix m{};
  m[axis][axis] = 1;
  m[a][a] = m[b][b] = std::cos(angle);
  m[a][b] = -std::sin(angle);
  m[b][a] = std::sin(angle);
  return m;
}

Matrix multiply(const Matrix& left, const Matrix& right) {
  Matrix product{};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::size_t k = 0; k < 3; ++k) {
        product[i][j] += left[i][k] * right[k][j];
      }
    }
  }
  return product;
}

}  // namespace

AffineMap affine_map(const SpatialParameters& spatial, const std::array<std::int64_t, 3>& shape) {
  const auto& angles = spatial.angles_rad;
  const Matrix rotation =
      multiply(multiply(turn(0, angles[0]), turn(1, angles[1])), turn(2, angles[2]));
  AffineMap map{};
  for (std::size_t i = 0; i < 3; ++i) {
    map.centre[i] = static_cast<double>(shape[i] - 1) / 2;
    for (std::size_t j = 0; j < 3; ++j) {
      map.matrix[i][j] = spatial.scale * rotation[j][i];
    }
  }
  return map;
}

}  // namespace yates::io
