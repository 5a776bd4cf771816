// SPDX-License-Identifier: Apache-2.0
// Gradients by central differences in float64, for operators of any number of inputs.
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "tests/support/golden_network.hpp"

namespace yates::testing {

using Operator = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

/// Compares every input's gradient of sum(dy * f(inputs)), dy by formula, with the central
/// difference along `directions` formula directions over all elements; step 1e-5. Inputs are
/// float64 and are left as they were.
inline void expect_gradients(const Operator& f,
                             const std::vector<at::Tensor>& values,
                             double tolerance,
                             const std::string& what,
                             int directions = 3) {
  std::vector<at::Tensor> inputs;
  for (const at::Tensor& value : values) {
    inputs.push_back(value.detach().clone().set_requires_grad(true));
  }
  const at::Tensor y = f(inputs);
  const at::Tensor dy = tensor_of(formula_image("dy", y.numel(), 1.0), y.sizes(), at::kDouble);
  (y * dy).sum().backward();
  const c10::NoGradGuard no_grad;
  constexpr double kStep = 1e-5;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    for (int k = 0; k < directions; ++k) {
      const at::Tensor direction =
          tensor_of(formula_image("direction." + std::to_string(k), inputs[i].numel(), 1.0),
                    inputs[i].sizes(),
                    at::kDouble);
      const auto at_step = [&](double step) {
        std::vector<at::Tensor> moved = inputs;
        moved[i] = inputs[i] + direction * step;
        return (f(moved) * dy).sum().item<double>();
      };
      const double expected = (at_step(kStep) - at_step(-kStep)) / (2 * kStep);
      const at::Tensor gradient = inputs[i].grad();
      const double actual = gradient.defined() ? (gradient * direction).sum().item<double>() : 0.0;
      const double scale = 1.0 + (gradient.defined() ? l2_norm(gradient) : 0.0);
      EXPECT_NEAR(actual, expected, tolerance * scale) << what << ", input " << i;
    }
  }
}

}  // namespace yates::testing
