// SPDX-License-Identifier: Apache-2.0
// Tensors for the tests of the optimiser's kernels: the same numbers for every version.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.hpp"
#include "kernels/optim/sgd.hpp"

namespace yates::testing {

/// Several tensors; the second has no gradient.
template <typename T>
struct SgdCase {
  std::vector<std::vector<T>> parameters, gradients, velocities;
  kernels::SgdStep step{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.25, .gradient_scale = 0.5};

  explicit SgdCase(const std::vector<std::int64_t>& sizes) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      RandomStream random(5, "sgd", 0, i);
      for (auto* list : {&parameters, &gradients, &velocities}) {
        std::vector<T>& values = list->emplace_back(static_cast<std::size_t>(sizes[i]));
        for (T& value : values) {
          value = static_cast<T>(static_cast<float>(random.uniform(-2, 2)));
        }
      }
    }
  }

  [[nodiscard]] std::vector<kernels::SgdTensor<T>> tensors() {
    std::vector<kernels::SgdTensor<T>> list;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      list.push_back({.parameter = parameters[i].data(),
                      .gradient = i == 1 ? nullptr : gradients[i].data(),
                      .velocity = velocities[i].data(),
                      .count = static_cast<std::int64_t>(parameters[i].size())});
    }
    return list;
  }
};

inline const std::vector<std::int64_t> kSgdSizes = {
    1, 5, 0, 2, 31, 33, 129, 64, 16384, 16385, 50001};

}  // namespace yates::testing
