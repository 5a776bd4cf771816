// SPDX-License-Identifier: Apache-2.0
// Problems for the tests of InstanceNorm: the same numbers for every version.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "kernels/norm/instance_norm.hpp"
#include "kernels/norm/instance_norm_reference.hpp"

namespace yates::testing {

/// Volumes of one shape, their result and gradients. Values are exact in float32.
template <typename T>
struct InstanceNormCase {
  kernels::InstanceNormShape shape;
  std::vector<T> x, residual, grad_y, y, grad_x, grad_residual;

  explicit InstanceNormCase(const kernels::InstanceNormShape& s) : shape(s) {
    const auto count = static_cast<std::size_t>(s.batch * s.channels * s.voxels);
    for (std::vector<T>* volume : {&x, &residual, &grad_y}) {
      RandomStream random(11,
                          "instance norm",
                          0,
                          volume == &x          ? 0U
                          : volume == &residual ? 1U
                                                : 2U);
      volume->resize(count);
      for (T& value : *volume) {
        value = static_cast<T>(static_cast<float>(random.uniform(-2, 3)));
      }
    }
    for (std::vector<T>* volume : {&y, &grad_x, &grad_residual}) {
      volume->assign(count, T(777));
    }
    if (s.residual == kernels::Residual::None) {
      residual.clear();
      grad_residual.clear();
    }
  }

  [[nodiscard]] const T* residual_data() const {
    return residual.empty() ? nullptr : residual.data();
  }
  [[nodiscard]] kernels::InstanceNormInputs<T> inputs() const {
    return {x.data(), residual_data()};
  }
  [[nodiscard]] kernels::InstanceNormGradients<T> gradients() {
    return {grad_x.data(), grad_residual.empty() ? nullptr : grad_residual.data()};
  }
  void run_reference() {
    kernels::instance_norm_reference<T>(shape, inputs(), y.data());
    kernels::instance_norm_backward_reference<T>(shape, inputs(), grad_y.data(), gradients());
  }
};

/// Every layout, residual and activation, at sizes around vectors, tiles and blocks.
inline std::vector<kernels::InstanceNormShape> instance_norm_shapes(
    const std::vector<std::int64_t>& voxel_counts,
    const std::vector<std::int64_t>& channel_counts) {
  using kernels::Residual;
  using kernels::VolumeLayout;
  std::vector<kernels::InstanceNormShape> shapes;
  for (const std::int64_t voxels : voxel_counts) {
    for (const std::int64_t channels : channel_counts) {
      for (const VolumeLayout layout : {VolumeLayout::ChannelsFirst, VolumeLayout::ChannelsLast}) {
        for (const Residual residual : {Residual::None, Residual::Plain, Residual::Normalised}) {
          for (const double slope : {1.0, 0.0, 0.01}) {
            shapes.push_back({.batch = 2,
                              .channels = channels,
                              .voxels = voxels,
                              .layout = layout,
                              .residual = residual,
                              .negative_slope = slope});
          }
        }
      }
    }
  }
  return shapes;
}

inline std::string in_words(const kernels::InstanceNormShape& s) {
  return "voxels " + std::to_string(s.voxels) + ", channels " + std::to_string(s.channels) +
         (s.layout == kernels::VolumeLayout::ChannelsLast ? " last" : " first") + ", residual " +
         std::to_string(static_cast<int>(s.residual)) + ", slope " +
         std::to_string(s.negative_slope);
}

}  // namespace yates::testing
