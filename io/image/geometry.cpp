// SPDX-License-Identifier: Apache-2.0
#include "io/image/geometry.hpp"

#include <cmath>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace yates::io {
namespace {

/// NaN on either side counts as a difference.
bool close(std::span<const double> a, std::span<const double> b, double tolerance) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!(std::abs(a[i] - b[i]) <= tolerance)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string grid_difference(const Geometry& a, const Geometry& b, double tolerance) {
  if (a.shape != b.shape) {
    return fmt::format(
        "shape (D, H, W) ({}) and ({})", fmt::join(a.shape, ", "), fmt::join(b.shape, ", "));
  }
  const auto difference = [](const char* name, const auto& left, const auto& right) {
    return fmt::format("{} ({:g}) and ({:g})", name, fmt::join(left, ", "), fmt::join(right, ", "));
  };
  if (!close(a.spacing_mm, b.spacing_mm, tolerance)) {
    return difference("spacing in mm", a.spacing_mm, b.spacing_mm);
  }
  if (!close(a.origin, b.origin, tolerance)) {
    return difference("origin in mm", a.origin, b.origin);
  }
  if (!close(a.direction, b.direction, tolerance)) {
    return difference("direction", a.direction, b.direction);
  }
  return "";
}

bool same_grid(const Geometry& a, const Geometry& b, double tolerance) {
  return grid_difference(a, b, tolerance).empty();
}

}  // namespace yates::io
