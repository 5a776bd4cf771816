// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/selective_scan_torch.hpp"

#include <functional>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/rand.h>
#include <gtest/gtest.h>

#include "kernels/conv/causal_conv1d_torch.hpp"
#include "tests/support/golden_tensors.hpp"

namespace yates::kernels {
namespace {

using testing::GoldenTensors;
using Function = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

const std::vector<std::string> kScanInputs = {"u", "delta", "A", "B", "C", "D", "z", "delta_bias"};
const std::vector<std::string> kConvInputs = {"x", "weight", "bias"};

at::Tensor scan(const std::vector<at::Tensor>& in) {
  return selective_scan(in[0], in[1], in[2], in[3], in[4], in[5], in[6], in[7], true);
}

at::Tensor convolution(const std::vector<at::Tensor>& in) {
  return causal_conv1d(in[0], in[1], in[2], true);
}

at::Tensor tensor(const GoldenTensors& golden, const std::string& name, at::ScalarType type) {
  std::vector<double> values = golden.values<double>(name);
  return at::from_blob(values.data(), golden.shape(name), at::kDouble).to(type).clone();
}

/// Distance over norm; the plain distance from zero.
double relative_l2(const at::Tensor& actual, const at::Tensor& expected) {
  const double distance = (actual.to(at::kDouble) - expected).norm().item<double>();
  const double norm = expected.norm().item<double>();
  return norm > 0 ? distance / norm : distance;
}

void expect_golden(const GoldenTensors& golden,
                   const std::string& prefix,
                   const std::vector<std::string>& names,
                   const Function& function,
                   at::ScalarType type,
                   double tolerance) {
  std::vector<at::Tensor> inputs;
  for (const std::string& name : names) {
    inputs.push_back(tensor(golden, prefix + name, type).set_requires_grad(true));
  }
  const at::Tensor y = function(inputs);
  y.backward(tensor(golden, prefix + "dy", type));
  EXPECT_LE(relative_l2(y, tensor(golden, prefix + "y", at::kDouble)), tolerance) << prefix;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const at::Tensor expected = tensor(golden, prefix + "grad_" + names[i], at::kDouble);
    EXPECT_LE(relative_l2(inputs[i].grad(), expected), tolerance) << prefix << names[i];
  }
}

/// Compares the gradient of sum(weights * f) along a random direction with central differences.
void expect_finite_differences(const Function& function, std::vector<at::Tensor> inputs) {
  for (const at::Tensor& input : inputs) {
    input.set_requires_grad(true);
  }
  const at::Tensor y = function(inputs);
  const at::Tensor weights = at::rand(y.sizes(), at::kDouble) - 0.5;
  y.backward(weights);
  constexpr double kStep = 1e-6;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const at::Tensor direction = at::rand(inputs[i].sizes(), at::kDouble) - 0.5;
    const auto value = [&](double step) {
      std::vector<at::Tensor> moved = inputs;
      moved[i] = inputs[i].detach() + direction * step;
      return (function(moved).detach() * weights).sum().item<double>();
    };
    const double expected = (value(kStep) - value(-kStep)) / (2 * kStep);
    const double actual = (inputs[i].grad() * direction).sum().item<double>();
    EXPECT_NEAR(actual, expected, 1e-7 * (1 + std::abs(expected))) << "input " << i;
  }
}

TEST(SelectiveScanTorch, EqualsThePublishedFunctionInBothPrecisions) {
  const GoldenTensors golden("kernels/selective_scan.safetensors");
  for (int number = 0; number < 6; ++number) {
    const std::string prefix = "scan." + std::to_string(number) + ".";
    expect_golden(golden, prefix, kScanInputs, scan, at::kDouble, 1e-12);
    expect_golden(golden, prefix, kScanInputs, scan, at::kFloat, 2e-6);
  }
}

TEST(SelectiveScanTorch, HasTheGradientOfFiniteDifferences) {
  for (const std::int64_t tokens : {1, 2, 31, 33, 129}) {
    const auto draw = [](at::IntArrayRef shape, double low, double high) {
      return at::rand(shape, at::kDouble) * (high - low) + low;
    };
    expect_finite_differences(scan,
                              {draw({2, 3, tokens}, -1, 1),
                               draw({2, 3, tokens}, -0.5, 0.5),
                               draw({3, 5}, -4, -0.5),
                               draw({2, 5, tokens}, -1, 1),
                               draw({2, 5, tokens}, -1, 1),
                               draw({3}, 0.9, 1.1),
                               draw({2, 3, tokens}, -2, 2),
                               draw({3}, -3, 0)});
  }
}

TEST(SelectiveScanTorch, WorksWithoutSkipGateAndBias) {
  const at::Tensor u = at::rand({2, 17, 40});
  const at::Tensor delta = at::rand({2, 17, 40});
  const at::Tensor A = -at::rand({17, 16});
  const at::Tensor B = at::rand({2, 16, 40});
  const at::Tensor none;
  const auto run = [&](at::ScalarType type) {
    const at::Tensor leaf = u.to(type).clone().set_requires_grad(true);
    const at::Tensor y = selective_scan(
        leaf, delta.to(type), A.to(type), B.to(type), B.to(type), none, none, none, false);
    y.sum().backward();
    return std::vector<at::Tensor>{y.detach(), leaf.grad()};
  };
  const auto fast = run(at::kFloat);
  const auto exact = run(at::kDouble);
  EXPECT_LE(relative_l2(fast[0], exact[0]), 2e-6);
  EXPECT_LE(relative_l2(fast[1], exact[1]), 2e-6);
}

TEST(SelectiveScanTorch, RefusesWhatDoesNotFit) {
  const at::Tensor u = at::rand({1, 4, 5});
  const at::Tensor A = at::rand({4, 16});
  const at::Tensor B = at::rand({1, 16, 5});
  const at::Tensor none;
  EXPECT_THROW(selective_scan(u, u, A, B, at::rand({1, 16, 6}), none, none, none, true),
               c10::Error);
  EXPECT_THROW(selective_scan(u, u.to(at::kDouble), A, B, B, none, none, none, true), c10::Error);
  EXPECT_THROW(causal_conv1d(u, at::rand({3, 1, 4}), none, true), c10::Error);
  EXPECT_THROW(causal_conv1d(u.to(at::kLong), A, none, true), c10::Error);
}

TEST(CausalConv1dTorch, EqualsThePublishedFunctionInBothPrecisions) {
  const GoldenTensors golden("kernels/causal_conv1d.safetensors");
  for (const char* tokens : {"1", "3", "4", "65"}) {
    const std::string prefix = std::string("conv1d.") + tokens + ".";
    expect_golden(golden, prefix, kConvInputs, convolution, at::kDouble, 1e-12);
    expect_golden(golden, prefix, kConvInputs, convolution, at::kFloat, 2e-6);
  }
}

TEST(CausalConv1dTorch, HasTheGradientOfFiniteDifferences) {
  for (const std::int64_t tokens : {1, 2, 31, 33, 129}) {
    expect_finite_differences(convolution,
                              {at::rand({2, 3, tokens}, at::kDouble) - 0.5,
                               at::rand({3, 1, 4}, at::kDouble) - 0.5,
                               at::rand({3}, at::kDouble) - 0.5});
  }
}

}  // namespace
}  // namespace yates::kernels
