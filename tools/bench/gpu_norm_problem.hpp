// SPDX-License-Identifier: Apache-2.0
// InstanceNorm with activation on the device, for the kernel table.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/norm/instance_norm_cuda.hpp"
#include "kernels/simt/device.hpp"
#include "tools/bench/gpu_problem.hpp"

namespace yates::bench {

/// Both passes over volumes of V, a batch of 2, no residual.
template <typename V>
class NormProblem {
 public:
  NormProblem(std::int64_t voxels, std::int64_t channels, kernels::VolumeLayout layout)
      : shape_{.batch = 2,
               .channels = channels,
               .voxels = voxels,
               .layout = layout,
               .negative_slope = 0.01},
        x_(values(-2, 3)),
        grad_y_(values(-1, 1)),
        y_(x_.size()),
        grad_x_(x_.size()),
        moments_(static_cast<std::size_t>(4 * channels)),
        workspace_(static_cast<std::size_t>(kernels::instance_norm_cuda_workspace(shape_))) {}

  void forward() {
    kernels::instance_norm_forward_cuda<V>(
        shape_, {x_.data(), nullptr}, y_.data(), moments(), {}, workspace_.data(), nullptr);
  }
  void backward() {
    kernels::instance_norm_backward_cuda<V>(shape_,
                                            {.inputs = {x_.data(), nullptr},
                                             .y = nullptr,
                                             .moments = moments(),
                                             .residual_moments = {}},
                                            grad_y_.data(),
                                            {grad_x_.data(), nullptr},
                                            workspace_.data(),
                                            nullptr);
  }

  /// Bytes of one volume; forward reads two and writes one, backward reads four and writes one.
  [[nodiscard]] double volume_bytes() const {
    return static_cast<double>(x_.size()) * static_cast<double>(sizeof(V));
  }

  /// True if both passes give equal bits when run twice.
  [[nodiscard]] bool repeats() {
    forward();
    backward();
    const std::vector<float> first = widened_result();
    forward();
    backward();
    return widened_result() == first;
  }

 private:
  [[nodiscard]] kernels::InstanceNormMoments moments() {
    return {moments_.data(), moments_.data() + 2 * shape_.channels};
  }
  [[nodiscard]] std::vector<V> values(float low, float high) const {
    std::vector<V> narrow;
    for (const float value :
         random_values(shape_.batch * shape_.channels * shape_.voxels, low, high)) {
      narrow.push_back(kernels::narrowed<V>(value));
    }
    return narrow;
  }
  [[nodiscard]] std::vector<float> widened_result() const {
    std::vector<float> result;
    for (const kernels::DeviceArray<V>* array : {&y_, &grad_x_}) {
      for (const V value : array->host()) {
        result.push_back(kernels::widened(value));
      }
    }
    return result;
  }

  kernels::InstanceNormShape shape_;
  kernels::DeviceArray<V> x_, grad_y_, y_, grad_x_;
  kernels::DeviceArray<float> moments_, workspace_;
};

}  // namespace yates::bench
