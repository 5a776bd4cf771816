// SPDX-License-Identifier: Apache-2.0
// Weights, images and labels by formula, so that golden runs need no weight files: FNV-1a of the
// name, SplitMix64 of the index, 24 bits of it as u in [0, 1) and r = 2u - 1.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace yates::testing {

/// u in [0, 1) of element `index` of the tensor `name`.
inline double formula_u(std::string_view name, std::uint64_t index) {
  std::uint64_t h = 0xCBF29CE484222325U;
  for (const char c : name) {
    h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  }
  std::uint64_t z = h + (index + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  z ^= z >> 31;
  return static_cast<double>(z >> 40) * std::ldexp(1.0, -24);
}

/// scale * r, rounded to float32.
inline std::vector<float> formula_image(std::string_view name, std::int64_t count, double scale) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(scale * (2 * formula_u(name, i) - 1));
  }
  return values;
}

/// floor(levels * u).
inline std::vector<std::int64_t> formula_labels(std::string_view name,
                                                std::int64_t count,
                                                double levels = 4) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<std::int64_t>(std::floor(levels * formula_u(name, i)));
  }
  return values;
}

/// A parameter of that state-dict name and shape, rounded to float32.
inline std::vector<float> formula_parameter(const std::string& name,
                                            const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const std::int64_t side : shape) {
    count *= side;
  }
  const std::int64_t fan_in = shape.empty() || count == 0 ? 1 : count / shape[0];
  std::vector<float> values(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    const double r = 2 * formula_u(name, static_cast<std::uint64_t>(i)) - 1;
    double value = 0.1 * r;
    if (name.ends_with("A_log")) {
      value += std::log(static_cast<double>(i % shape.back() + 1));
    } else if (shape.size() >= 2) {
      value = r * std::sqrt(3.0 / static_cast<double>(fan_in));
    } else if (name.ends_with("dt_proj.bias")) {
      value = -4.6 + 0.5 * r;
    } else if (name.ends_with(".D") || name.ends_with("weight")) {
      value += 1;
    }
    values[static_cast<std::size_t>(i)] = static_cast<float>(value);
  }
  return values;
}

}  // namespace yates::testing
