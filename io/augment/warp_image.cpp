// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "io/augment/spatial.hpp"
#include "io/augment/spline_prefilter.hpp"

namespace yates::io {
namespace {

constexpr std::size_t kLanes = 4;  // Channels side by side, so that one tap of x is one vector.
constexpr std::size_t kLow = 1;    // Coefficients that the taps need before the first voxel,
constexpr std::size_t kHigh = 2;   // and after the last.

/// Up to four channels' coefficients, interleaved (z, y, x, lane), with mirrored borders.
struct Coefficients {
  std::array<std::size_t, 3> size;    ///< Voxels, without borders.
  std::array<std::size_t, 3> padded;  ///< With borders.
  std::vector<float> values;

  [[nodiscard]] float* row(std::size_t z, std::size_t y) {
    return values.data() + (z * padded[1] + y) * padded[2] * kLanes;
  }
};

/// Index into n samples of position i, mirrored about both ends.
std::size_t mirrored(std::ptrdiff_t i, std::size_t n) {
  if (n == 1) {
    return 0;
  }
  const auto period = static_cast<std::ptrdiff_t>(2 * n - 2);
  const std::ptrdiff_t r = ((i % period) + period) % period;
  return static_cast<std::size_t>(std::min(r, period - r));
}

void mirror_borders(Coefficients& c) {
  const auto source = [&](std::size_t i, std::size_t axis) {
    return kLow + mirrored(static_cast<std::ptrdiff_t>(i) - static_cast<std::ptrdiff_t>(kLow),
                           c.size[axis]);
  };
  const auto is_border = [&](std::size_t i, std::size_t axis) {
    return i < kLow || i >= kLow + c.size[axis];
  };
  const std::size_t row_size = c.padded[2] * kLanes;
  for (std::size_t z = kLow; z < kLow + c.size[0]; ++z) {
    for (std::size_t y = kLow; y < kLow + c.size[1]; ++y) {
      float* row = c.row(z, y);
      for (const std::size_t x : {std::size_t{0}, kLow + c.size[2], kLow + c.size[2] + 1}) {
        std::copy_n(row + source(x, 2) * kLanes, kLanes, row + x * kLanes);
      }
    }
    for (std::size_t y = 0; y < c.padded[1]; ++y) {
      if (is_border(y, 1)) {
        std::copy_n(c.row(z, source(y, 1)), row_size, c.row(z, y));
      }
    }
  }
  for (std::size_t z = 0; z < c.padded[0]; ++z) {
    if (is_border(z, 0)) {
      std::copy_n(c.row(source(z, 0), 0), c.padded[1] * row_size, c.row(z, 0));
    }
  }
}

/// Reads channels `first` ... of the image and turns them into coefficients.
void fill(Coefficients& c, const PatchView& image, std::size_t first) {
  const std::size_t lanes = std::min(kLanes, image.channels() - first);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    c.size[axis] = static_cast<std::size_t>(image.shape[axis]);
    c.padded[axis] = c.size[axis] + kLow + kHigh;
  }
  c.values.resize(c.padded[0] * c.padded[1] * c.padded[2] * kLanes);
  const std::size_t row_stride = c.padded[2] * kLanes;
  for (std::size_t z = 0; z < c.size[0]; ++z) {
    for (std::size_t y = 0; y < c.size[1]; ++y) {
      float* row = c.row(z + kLow, y + kLow) + kLow * kLanes;
      const std::size_t begin = (z * c.size[1] + y) * c.size[2];
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const float* source = lane < lanes ? image.channel(first + lane).data() + begin : nullptr;
        for (std::size_t x = 0; x < c.size[2]; ++x) {
          row[x * kLanes + lane] = source != nullptr ? source[x] : 0.0F;
        }
      }
      spline_prefilter(row, c.size[2], kLanes, kLanes);
    }
    float* slice = c.row(z + kLow, kLow) + kLow * kLanes;
    spline_prefilter(slice, c.size[1], row_stride, c.size[2] * kLanes);
  }
  for (std::size_t y = 0; y < c.size[1]; ++y) {
    float* rows = c.row(kLow, y + kLow) + kLow * kLanes;
    spline_prefilter(rows, c.size[0], c.padded[1] * row_stride, c.size[2] * kLanes);
  }
  mirror_borders(c);
}

/// One value of each lane.
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));

Lanes load(const float* values) {
  Lanes lanes;
  std::memcpy(&lanes, values, sizeof(lanes));
  return lanes;
}

/// The spline at one source coordinate inside the volume, for all lanes.
Lanes interpolate(const Coefficients& c, const std::array<double, 3>& at) {
  std::array<std::array<float, 4>, 3> weights;
  std::array<std::size_t, 3> base;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto whole = static_cast<std::int32_t>(at[axis]);
    base[axis] = static_cast<std::size_t>(whole);
    weights[axis] = spline_weights(at[axis] - static_cast<double>(whole));
  }
  const std::size_t row_stride = c.padded[2] * kLanes;
  const std::size_t slice_stride = c.padded[1] * row_stride;
  const float* slice =
      c.values.data() + base[0] * slice_stride + base[1] * row_stride + base[2] * kLanes;
  Lanes tap0{};
  Lanes tap1{};
  Lanes tap2{};
  Lanes tap3{};
  for (const float weight_z : weights[0]) {
    const float* row = slice;
    for (const float weight_y : weights[1]) {
      const float weight = weight_z * weight_y;
      tap0 += weight * load(row);
      tap1 += weight * load(row + kLanes);
      tap2 += weight * load(row + 2 * kLanes);
      tap3 += weight * load(row + 3 * kLanes);
      row += row_stride;
    }
    slice += slice_stride;
  }
  return (weights[2][0] * tap0 + weights[2][1] * tap1) +
         (weights[2][2] * tap2 + weights[2][3] * tap3);
}

bool is_inside(const std::array<double, 3>& at, const std::array<double, 3>& last) {
  return at[0] >= 0 && at[0] <= last[0] && at[1] >= 0 && at[1] <= last[1] && at[2] >= 0 &&
         at[2] <= last[2];
}

void resample(const Coefficients& c,
              const PatchView& image,
              std::size_t first,
              const AffineMap& map) {
  const std::size_t lanes = std::min(kLanes, image.channels() - first);
  std::array<float*, kLanes> out{};
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    out[lane] = image.channel(first + lane).data();
  }
  std::array<double, 3> last{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    last[axis] = static_cast<double>(c.size[axis] - 1);
  }
  std::size_t offset = 0;
  for (std::size_t z = 0; z < c.size[0]; ++z) {
    for (std::size_t y = 0; y < c.size[1]; ++y) {
      for (std::size_t x = 0; x < c.size[2]; ++x, ++offset) {
        const auto at =
            map.source(static_cast<double>(z), static_cast<double>(y), static_cast<double>(x));
        Lanes value{};
        if (is_inside(at, last)) {
          value = interpolate(c, at);
        }
        for (std::size_t lane = 0; lane < lanes; ++lane) {
          out[lane][offset] = value[lane];
        }
      }
    }
  }
}

}  // namespace

void warp_image(const PatchView& image, const AffineMap& map) {
  thread_local Coefficients coefficients;
  for (std::size_t first = 0; first < image.channels(); first += kLanes) {
    fill(coefficients, image, first);
    resample(coefficients, image, first, map);
  }
}

}  // namespace yates::io
