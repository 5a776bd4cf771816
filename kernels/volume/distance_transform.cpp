// SPDX-License-Identifier: Apache-2.0
#include "kernels/volume/distance_transform.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace yates::kernels {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void scan_row(const std::uint8_t* targets, std::int64_t width, double spacing, double* squared) {
  std::int64_t last = -1;
  for (std::int64_t x = 0; x < width; ++x) {
    if (targets[x] != 0) {
      last = x;
    }
    const double distance = static_cast<double>(x - last) * spacing;
    squared[x] = last < 0 ? kInfinity : distance * distance;
  }
  std::int64_t next = -1;
  for (std::int64_t x = width - 1; x >= 0; --x) {
    if (targets[x] != 0) {
      next = x;
    }
    if (next >= 0) {
      const double distance = static_cast<double>(next - x) * spacing;
      squared[x] = std::min(squared[x], distance * distance);
    }
  }
}

/// Lower envelope of the parabolas f(q) + ((p - q) spacing)^2 over one line.
class Envelope {
 public:
  Envelope(std::int64_t length, double spacing)
      : values_(static_cast<std::size_t>(length)),
        vertex_(static_cast<std::size_t>(length)),
        from_(static_cast<std::size_t>(length)),
        scale_(spacing * spacing) {}

  /// Replaces the line of values at `line`, `stride` apart, by its transform.
  void transform(double* line, std::int64_t stride) {
    const auto length = static_cast<std::int64_t>(values_.size());
    std::size_t count = 0;
    for (std::int64_t q = 0; q < length; ++q) {
      values_[static_cast<std::size_t>(q)] = line[q * stride];
      if (line[q * stride] < kInfinity) {
        count = add(q, count);
      }
    }
    if (count > 0) {
      write(line, stride, count);
    }
  }

 private:
  /// Where the parabola of q begins to lie below that of v; q > v.
  [[nodiscard]] double crossing(std::int64_t q, std::int64_t v) const {
    const auto dq = static_cast<double>(q);
    const auto dv = static_cast<double>(v);
    const double rise = values_[static_cast<std::size_t>(q)] - values_[static_cast<std::size_t>(v)];
    return (rise / scale_ + dq * dq - dv * dv) / (2.0 * (dq - dv));
  }

  std::size_t add(std::int64_t q, std::size_t count) {
    double start = -kInfinity;
    while (count > 0) {
      start = crossing(q, vertex_[count - 1]);
      if (start > from_[count - 1]) {
        break;
      }
      --count;
      start = -kInfinity;
    }
    vertex_[count] = q;
    from_[count] = start;
    return count + 1;
  }

  void write(double* line, std::int64_t stride, std::size_t count) {
    const auto length = static_cast<std::int64_t>(values_.size());
    std::size_t k = 0;
    for (std::int64_t p = 0; p < length; ++p) {
      while (k + 1 < count && from_[k + 1] < static_cast<double>(p)) {
        ++k;
      }
      const auto offset = static_cast<double>(p - vertex_[k]);
      line[p * stride] = values_[static_cast<std::size_t>(vertex_[k])] + offset * offset * scale_;
    }
  }

  std::vector<double> values_;
  std::vector<std::int64_t> vertex_;
  std::vector<double> from_;
  double scale_;
};

}  // namespace

void squared_distance_transform(const std::uint8_t* targets,
                                const Shape3& shape,
                                const Spacing3& spacing,
                                double* squared) {
  const auto [depth, height, width] = shape;
  for (std::int64_t row = 0; row < depth * height; ++row) {
    scan_row(targets + row * width, width, spacing[2], squared + row * width);
  }
  Envelope along_y(height, spacing[1]);
  for (std::int64_t z = 0; z < depth; ++z) {
    for (std::int64_t x = 0; x < width; ++x) {
      along_y.transform(squared + z * height * width + x, width);
    }
  }
  Envelope along_z(depth, spacing[0]);
  for (std::int64_t column = 0; column < height * width; ++column) {
    along_z.transform(squared + column, height * width);
  }
}

}  // namespace yates::kernels
