// SPDX-License-Identifier: Apache-2.0
// Problems for the tests of squeeze-excite: the same numbers for every version.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "kernels/squeeze/squeeze_excite.hpp"
#include "kernels/squeeze/squeeze_excite_reference.hpp"

namespace yates::testing {

/// Everything of one call. Values are exact in float32.
template <typename T>
struct SqueezeExciteCase {
  kernels::SqueezeExciteShape shape;
  std::array<std::vector<T>, kernels::kMostTerms> terms;
  std::array<std::vector<T>, 4> weights;  ///< weight1, bias1, weight2, bias2
  std::vector<T> grad_y;
  std::array<std::vector<T>, 4> kept;  ///< sum, means, hidden, gates
  std::vector<T> y, grad_term;
  std::array<std::vector<T>, 4> grad_weights;

  explicit SqueezeExciteCase(const kernels::SqueezeExciteShape& s) : shape(s) {
    const std::int64_t count = s.batch * s.channels * s.voxels;
    std::uint64_t slot = 0;
    for (std::vector<T>& term : terms) {
      draw(term, count, 2, slot++);
    }
    draw(grad_y, count, 2, slot++);
    const std::array<std::int64_t, 4> sizes = {
        s.hidden * s.channels, s.hidden, s.channels * s.hidden, s.channels};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      // Small enough that no gate saturates.
      draw(weights[i], sizes[i], 1.0 / static_cast<double>(1 + s.channels), slot++);
      grad_weights[i].assign(weights[i].size(), T(777));
    }
    const std::array<std::int64_t, 4> kept_sizes = {
        count, s.batch * s.channels, s.batch * s.hidden, s.batch * s.channels};
    for (std::size_t i = 0; i < kept_sizes.size(); ++i) {
      kept[i].assign(static_cast<std::size_t>(kept_sizes[i]), T(777));
    }
    y.assign(static_cast<std::size_t>(count), T(777));
    grad_term = y;
  }

  [[nodiscard]] kernels::SqueezeExciteInputs<T> inputs() const {
    return {
        .terms = {terms[0].data(), terms[1].data(), terms[2].data()},
        .weights = {weights[0].data(), weights[1].data(), weights[2].data(), weights[3].data()}};
  }
  [[nodiscard]] kernels::SqueezeExciteKept<T> kept_pointers() {
    return {kept[0].data(), kept[1].data(), kept[2].data(), kept[3].data()};
  }
  [[nodiscard]] kernels::SqueezeExciteGradients<T> gradients() {
    return {grad_term.data(),
            grad_weights[0].data(),
            grad_weights[1].data(),
            grad_weights[2].data(),
            grad_weights[3].data()};
  }

 private:
  static void draw(std::vector<T>& values, std::int64_t count, double range, std::uint64_t slot) {
    RandomStream random(17, "squeeze excite", 0, slot);
    values.resize(static_cast<std::size_t>(count));
    for (T& value : values) {
      value = static_cast<T>(static_cast<float>(random.uniform(-range, 1.5 * range)));
    }
  }
};

/// Forward and backward.
template <typename T>
void run_reference(SqueezeExciteCase<T>& c) {
  kernels::squeeze_excite_reference<T>(c.shape, c.inputs(), c.kept_pointers(), c.y.data());
  kernels::squeeze_excite_backward_reference<T>(
      c.shape, c.inputs(), c.kept_pointers(), c.grad_y.data(), c.gradients());
}

/// Both layouts and one to three terms.
inline std::vector<kernels::SqueezeExciteShape> squeeze_excite_shapes(
    const std::vector<std::int64_t>& voxel_counts,
    const std::vector<std::int64_t>& channel_counts) {
  using kernels::VolumeLayout;
  std::vector<kernels::SqueezeExciteShape> shapes;
  for (const std::int64_t voxels : voxel_counts) {
    for (const std::int64_t channels : channel_counts) {
      for (const VolumeLayout layout : {VolumeLayout::ChannelsFirst, VolumeLayout::ChannelsLast}) {
        for (int terms = 1; terms <= kernels::kMostTerms; ++terms) {
          shapes.push_back({.batch = 2,
                            .channels = channels,
                            .hidden = 1 + channels / 8,
                            .voxels = voxels,
                            .layout = layout,
                            .terms = terms});
        }
      }
    }
  }
  return shapes;
}

inline std::string in_words(const kernels::SqueezeExciteShape& s) {
  return "voxels " + std::to_string(s.voxels) + ", channels " + std::to_string(s.channels) +
         (s.layout == kernels::VolumeLayout::ChannelsLast ? " last" : " first") + ", terms " +
         std::to_string(s.terms);
}

}  // namespace yates::testing
