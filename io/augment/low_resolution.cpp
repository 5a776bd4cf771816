// SPDX-License-Identifier: Apache-2.0
#include "io/augment/low_resolution.hpp"

#include <algorithm>
#include <cmath>

#include "io/augment/spline_prefilter.hpp"

namespace yates::io {
namespace {

constexpr std::size_t kEdge = 12;  // Voxels by which edges are extended before the spline.
constexpr std::size_t kColumns = 512;

/// One axis of the way up: for every new sample the first of four coefficients and their weights.
struct Upsampling {
  std::size_t from;
  std::vector<std::size_t> first;
  std::vector<std::array<float, 4>> weights;
};

Upsampling plan_axis(std::size_t from, std::size_t to) {
  Upsampling plan{.from = from, .first = {}, .weights = {}};
  for (std::size_t i = 0; i < to; ++i) {
    const double at =
        (static_cast<double>(i) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5 +
        static_cast<double>(kEdge);
    const double low = std::floor(at);
    plan.first.push_back(static_cast<std::size_t>(low) - 1);
    plan.weights.push_back(spline_weights(at - low));
  }
  return plan;
}

/// Resamples `width` adjacent columns; rows of the source are `source_stride` apart.
void upsample_columns(const float* source,
                      std::size_t source_stride,
                      float* out,
                      std::size_t out_stride,
                      std::size_t width,
                      const Upsampling& plan) {
  thread_local std::vector<float> padded;
  const std::size_t rows = plan.from + 2 * kEdge;
  padded.resize(rows * width);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t from = std::clamp(i, kEdge, kEdge + plan.from - 1) - kEdge;
    std::copy_n(source + from * source_stride, width, padded.data() + i * width);
  }
  spline_prefilter(padded.data(), rows, width, width);
  for (std::size_t i = 0; i < plan.first.size(); ++i) {
    const float* c = padded.data() + plan.first[i] * width;
    const std::array<float, 4>& w = plan.weights[i];
    float* row = out + i * out_stride;
    for (std::size_t x = 0; x < width; ++x) {
      row[x] =
          (w[0] * c[x] + w[1] * c[width + x]) + (w[2] * c[2 * width + x] + w[3] * c[3 * width + x]);
    }
  }
}

/// (outer, from, inner) to (outer, to, inner).
std::vector<float> upsample_axis(const std::vector<float>& source,
                                 std::size_t outer,
                                 std::size_t inner,
                                 const Upsampling& plan) {
  const std::size_t to = plan.first.size();
  std::vector<float> out(outer * to * inner);
  for (std::size_t o = 0; o < outer; ++o) {
    for (std::size_t x = 0; x < inner; x += kColumns) {
      upsample_columns(source.data() + o * plan.from * inner + x,
                       inner,
                       out.data() + o * to * inner + x,
                       inner,
                       std::min(kColumns, inner - x),
                       plan);
    }
  }
  return out;
}

}  // namespace

std::vector<std::size_t> nearest_indices(std::int64_t size, std::int64_t small) {
  std::vector<std::size_t> indices;
  for (std::int64_t i = 0; i < small; ++i) {
    indices.push_back(static_cast<std::size_t>((2 * i + 1) * size / (2 * small)));
  }
  return indices;
}

void lower_resolution(std::span<float> channel,
                      const std::array<std::int64_t, 3>& shape,
                      double zoom) {
  std::array<std::vector<std::size_t>, 3> nearest;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double side = std::nearbyint(zoom * static_cast<double>(shape[axis]));
    nearest[axis] =
        nearest_indices(shape[axis], std::max<std::int64_t>(1, static_cast<std::int64_t>(side)));
  }
  std::vector<float> low;
  low.reserve(nearest[0].size() * nearest[1].size() * nearest[2].size());
  for (const std::size_t z : nearest[0]) {
    for (const std::size_t y : nearest[1]) {
      const std::size_t row =
          (z * static_cast<std::size_t>(shape[1]) + y) * static_cast<std::size_t>(shape[2]);
      for (const std::size_t x : nearest[2]) {
        low.push_back(channel[row + x]);
      }
    }
  }
  const auto [least, most] = std::minmax_element(low.begin(), low.end());
  const float floor_value = *least;
  const float ceiling = *most;
  std::size_t outer = nearest[0].size() * nearest[1].size();
  std::size_t inner = 1;
  for (std::size_t axis = 3; axis-- > 0;) {
    const auto to = static_cast<std::size_t>(shape[axis]);
    low = upsample_axis(low, outer, inner, plan_axis(nearest[axis].size(), to));
    inner *= to;
    outer = axis > 0 ? outer / nearest[axis - 1].size() : 1;
  }
  for (std::size_t i = 0; i < channel.size(); ++i) {
    channel[i] = std::clamp(low[i], floor_value, ceiling);
  }
}

}  // namespace yates::io
