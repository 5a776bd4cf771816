// SPDX-License-Identifier: Apache-2.0
#include "io/phantom/lattice_noise.hpp"

#include <cmath>

namespace yates::io {

LatticeNoise::LatticeNoise(const PhantomGrid& grid, double cell_mm, RandomStream random) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double offset = random.uniform();
    for (std::int64_t i = 0; i < grid.size[axis]; ++i) {
      const double at = offset + static_cast<double>(i) * grid.pitch_mm[axis] / cell_mm;
      const double node = std::floor(at);
      const double t = at - node;
      taps_[axis].push_back({.node = static_cast<std::uint32_t>(node),
                             .weight = static_cast<float>(t * t * (3 - 2 * t))});
    }
    nodes_[axis] = taps_[axis].back().node + 2U;
  }
  values_.resize(nodes_[0] * nodes_[1] * nodes_[2]);
  for (float& value : values_) {
    value = static_cast<float>(random.normal());
  }
}

void LatticeNoise::row(std::int64_t z,
                       std::int64_t y,
                       std::int64_t x0,
                       std::span<float> out) const {
  const Tap tap_z = taps_[0][static_cast<std::size_t>(z)];
  const Tap tap_y = taps_[1][static_cast<std::size_t>(y)];
  const std::size_t width = nodes_[2];
  const float* low = values_.data() + (tap_z.node * nodes_[1] + tap_y.node) * width;
  const float* high = low + nodes_[1] * width;
  thread_local std::vector<float> line;
  line.resize(width);
  for (std::size_t i = 0; i < width; ++i) {
    const float a = low[i] + tap_y.weight * (low[width + i] - low[i]);
    const float b = high[i] + tap_y.weight * (high[width + i] - high[i]);
    line[i] = a + tap_z.weight * (b - a);
  }
  const Tap* taps = taps_[2].data() + x0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const float a = line[taps[i].node];
    out[i] = a + taps[i].weight * (line[taps[i].node + 1U] - a);
  }
}

float LatticeNoise::at(std::int64_t z, std::int64_t y, std::int64_t x) const {
  const Tap tap_z = taps_[0][static_cast<std::size_t>(z)];
  const Tap tap_y = taps_[1][static_cast<std::size_t>(y)];
  const Tap tap_x = taps_[2][static_cast<std::size_t>(x)];
  const std::size_t width = nodes_[2];
  const float* low = values_.data() + (tap_z.node * nodes_[1] + tap_y.node) * width + tap_x.node;
  const float* high = low + nodes_[1] * width;
  std::array<float, 2> line{};
  for (std::size_t i = 0; i < 2; ++i) {
    const float a = low[i] + tap_y.weight * (low[width + i] - low[i]);
    const float b = high[i] + tap_y.weight * (high[width + i] - high[i]);
    line[i] = a + tap_z.weight * (b - a);
  }
  return line[0] + tap_x.weight * (line[1] - line[0]);
}

}  // namespace yates::io
