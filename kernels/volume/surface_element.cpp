// SPDX-License-Identifier: Apache-2.0
#include "kernels/volume/surface_element.hpp"

#include <bit>
#include <cmath>
#include <cstddef>
#include <vector>

namespace yates::kernels {
namespace {

using Normal = std::array<double, 3>;

std::size_t coordinate(std::size_t corner, std::size_t axis) {
  return corner >> (2 - axis) & 1U;
}

bool adjacent(std::size_t a, std::size_t b) {
  return std::popcount(a ^ b) == 1;
}

/// The set corners of a cube that hang together along its edges.
std::vector<std::vector<std::size_t>> edge_components(unsigned code) {
  std::vector<std::vector<std::size_t>> components;
  unsigned left = code;
  while (left != 0) {
    std::vector<std::size_t> component = {static_cast<std::size_t>(std::countr_zero(left))};
    left &= left - 1;
    for (std::size_t i = 0; i < component.size(); ++i) {
      for (std::size_t corner = 0; corner < 8; ++corner) {
        if ((left >> corner & 1U) != 0 && adjacent(corner, component[i])) {
          component.push_back(corner);
          left &= ~(1U << corner);
        }
      }
    }
    components.push_back(component);
  }
  return components;
}

Normal diagonal(double value) {
  return {value, value, value};
}

/// `value` on the axes for which `chosen` holds, 0 on the others.
template <typename Chosen>
Normal normal_where(double value, Chosen chosen) {
  Normal normal{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    normal[axis] = chosen(axis) ? value : 0.0;
  }
  return normal;
}

std::size_t degree(std::size_t corner, const std::vector<std::size_t>& component) {
  std::size_t count = 0;
  for (const std::size_t other : component) {
    count += adjacent(corner, other) ? 1U : 0U;
  }
  return count;
}

/// The surface of four corners that are not a face: around one corner and its three neighbours, or
/// along a path of three edges in three directions.
std::vector<Normal> four_corner_normals(const std::vector<std::size_t>& component) {
  std::size_t inner_bits = 0;
  for (const std::size_t corner : component) {
    const std::size_t edges = degree(corner, component);
    if (edges == 3) {
      return {diagonal(0.125), diagonal(0.25), diagonal(0.25), diagonal(0.125)};
    }
    inner_bits ^= edges == 2 ? corner : 0U;
  }
  std::vector<Normal> normals = {diagonal(0.125), diagonal(0.375)};
  for (std::size_t end = 0; end < 3; ++end) {
    if (coordinate(inner_bits, end) == 0) {
      normals.push_back(normal_where(0.25, [&](std::size_t axis) { return axis != end; }));
    }
  }
  return normals;
}

/// Area-weighted normals, without signs, of the triangles that part one component from the rest.
std::vector<Normal> component_normals(const std::vector<std::size_t>& component) {
  std::size_t spanned_bits = 0;
  for (const std::size_t corner : component) {
    spanned_bits |= corner ^ component.front();
  }
  const auto spanned = [&](std::size_t axis) { return coordinate(spanned_bits, axis) == 1; };
  const auto flat = [&](std::size_t axis) { return !spanned(axis); };
  switch (component.size()) {
    case 1: return {diagonal(0.125)};
    case 2: return {normal_where(0.25, flat), normal_where(0.25, flat)};
    case 3: return {normal_where(0.5, flat), diagonal(0.25), diagonal(0.125)};
    default: break;
  }
  if (spanned_bits != 7U) {
    return {normal_where(0.5, flat), normal_where(0.5, flat)};
  }
  return four_corner_normals(component);
}

double area(const Normal& normal, const Spacing3& spacing) {
  const double z = normal[0] * spacing[1] * spacing[2];
  const double y = normal[1] * spacing[0] * spacing[2];
  const double x = normal[2] * spacing[0] * spacing[1];
  return std::sqrt(z * z + y * y + x * x);
}

}  // namespace

std::array<double, 256> surface_element_areas(const Spacing3& spacing) {
  std::array<double, 256> areas{};
  for (unsigned code = 1; code < 255; ++code) {
    // The surface parts both sides alike: take the smaller one.
    const unsigned side = std::popcount(code) > 4 ? ~code & 0xFFU : code;
    for (const auto& component : edge_components(side)) {
      for (const Normal& normal : component_normals(component)) {
        areas[code] += area(normal, spacing);
      }
    }
  }
  return areas;
}

void corner_codes(const std::uint8_t* mask, const Shape3& shape, CornerCode* codes) {
  const std::int64_t depth = shape[0];
  const std::int64_t height = shape[1];
  const std::int64_t width = shape[2];
  const std::vector<std::uint8_t> zeros(static_cast<std::size_t>(width), 0);
  std::vector<std::uint8_t> columns(static_cast<std::size_t>(width + 2), 0);
  const auto row_at = [&](std::int64_t z, std::int64_t y) {
    const bool inside = z >= 0 && z < depth && y >= 0 && y < height;
    return inside ? mask + (z * height + y) * width : zeros.data();
  };
  for (std::int64_t z = 0; z <= depth; ++z) {
    for (std::int64_t y = 0; y <= height; ++y) {
      const std::uint8_t* r00 = row_at(z - 1, y - 1);
      const std::uint8_t* r01 = row_at(z - 1, y);
      const std::uint8_t* r10 = row_at(z, y - 1);
      const std::uint8_t* r11 = row_at(z, y);
      std::uint8_t* column = columns.data() + 1;
      for (std::int64_t x = 0; x < width; ++x) {
        column[x] = static_cast<std::uint8_t>((r00[x] != 0 ? 1 : 0) | (r01[x] != 0 ? 4 : 0) |
                                              (r10[x] != 0 ? 16 : 0) | (r11[x] != 0 ? 64 : 0));
      }
      for (std::int64_t x = 0; x <= width; ++x) {
        codes[x] = static_cast<CornerCode>(columns[static_cast<std::size_t>(x)] |
                                           columns[static_cast<std::size_t>(x + 1)] << 1);
      }
      codes += width + 1;
    }
  }
}

}  // namespace yates::kernels
