// SPDX-License-Identifier: Apache-2.0
// Selections on grids for the tests of restoring from neighbours.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "kernels/prune/neighbor_restore.hpp"

namespace yates::testing {

/// A batch of two on one grid, values exact in float32.
template <typename T>
struct NeighborCase {
  kernels::NeighborShape shape;
  std::int64_t tokens;
  std::vector<std::int32_t> kept, dropped, rank;
  std::vector<T> rows, grad_y;

  NeighborCase(std::int64_t depth,
               std::int64_t height,
               std::int64_t width,
               std::int64_t kept_count,
               std::int64_t channels)
      : shape{.batch = 2,
              .depth = depth,
              .height = height,
              .width = width,
              .kept = kept_count,
              .channels = channels},
        tokens(depth * height * width) {
    for (std::uint64_t sample = 0; sample < 2; ++sample) {
      choose(sample);
    }
    draw(rows, 2 * (kept_count + 1) * channels, 2);
    draw(grad_y, 2 * tokens * channels, 3);
  }

  [[nodiscard]] std::string in_words() const {
    return std::to_string(shape.kept) + " of " + std::to_string(shape.depth) + "x" +
           std::to_string(shape.height) + "x" + std::to_string(shape.width) + ", channels " +
           std::to_string(shape.channels);
  }

 private:
  /// Keeps each token with the probability that makes the count come out.
  void choose(std::uint64_t sample) {
    RandomStream random(21, "neighbours", 0, sample);
    std::int64_t left = shape.kept;
    for (std::int64_t token = 0; token < tokens; ++token) {
      const bool keep =
          random.uniform() * static_cast<double>(tokens - token) < static_cast<double>(left);
      rank.push_back(keep ? static_cast<std::int32_t>(shape.kept - left) : -1);
      (keep ? kept : dropped).push_back(static_cast<std::int32_t>(token));
      left -= keep ? 1 : 0;
    }
  }
  static void draw(std::vector<T>& values, std::int64_t count, std::uint64_t slot) {
    RandomStream random(21, "neighbours", 0, slot);
    values.resize(static_cast<std::size_t>(count));
    for (T& value : values) {
      value = static_cast<T>(static_cast<float>(random.uniform(-1, 2)));
    }
  }
};

/// Grids and counts from one token to gaps longer than a warp.
template <typename T>
std::vector<NeighborCase<T>> neighbor_cases() {
  std::vector<NeighborCase<T>> cases;
  for (const std::int64_t channels : {1, 33}) {
    cases.emplace_back(1, 1, 1, 1, channels);
    cases.emplace_back(1, 1, 2, 1, channels);
    cases.emplace_back(1, 31, 1, 2, channels);
    cases.emplace_back(1, 1, 129, 3, channels);
    cases.emplace_back(3, 5, 7, 40, channels);
    cases.emplace_back(3, 5, 7, 105, channels);
    cases.emplace_back(4, 9, 11, 5, channels);  // Most tokens meet none.
  }
  return cases;
}

}  // namespace yates::testing
