// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/causal_conv1d_reference.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/golden_tensors.hpp"

namespace yates::kernels {
namespace {

using testing::GoldenTensors;
using testing::relative_l2;

template <typename T>
SequenceView<T> sequence(T* data, const ConvShape& shape) {
  return {.data = data,
          .batch_stride = shape.channels * shape.tokens,
          .token_stride = 1,
          .channel_stride = shape.tokens};
}

template <typename T>
void expect_golden(double tolerance) {
  const GoldenTensors golden("kernels/causal_conv1d.safetensors");
  for (const std::int64_t tokens : {1, 3, 4, 65}) {
    const std::string prefix = "conv1d." + std::to_string(tokens) + ".";
    const auto input = [&](const std::string& name) { return golden.values<T>(prefix + name); };
    const auto expected = [&](const std::string& name) {
      return golden.values<double>(prefix + name);
    };
    const ConvShape shape{.batch = 2, .tokens = tokens, .channels = 5, .width = 4};
    const auto x = input("x");
    const auto weight = input("weight");
    const auto bias = input("bias");
    const auto grad_y = input("dy");
    std::vector<T> y(x.size(), T(777));
    std::vector<T> grad_x = y;
    std::vector<T> grad_weight(weight.size(), T(777));
    std::vector<T> grad_bias(bias.size(), T(777));
    const ConvInputs<T> inputs{
        .x = sequence(x.data(), shape), .weight = weight.data(), .bias = bias.data(), .silu = true};
    causal_conv1d_forward_reference<T>(shape, inputs, sequence(y.data(), shape));
    causal_conv1d_backward_reference<T>(shape,
                                        inputs,
                                        sequence(grad_y.data(), shape),
                                        {.x = sequence(grad_x.data(), shape),
                                         .weight = grad_weight.data(),
                                         .bias = grad_bias.data()});
    EXPECT_LE(relative_l2(y, expected("y")), tolerance) << tokens;
    EXPECT_LE(relative_l2(grad_x, expected("grad_x")), tolerance) << tokens;
    EXPECT_LE(relative_l2(grad_weight, expected("grad_weight")), tolerance) << tokens;
    EXPECT_LE(relative_l2(grad_bias, expected("grad_bias")), tolerance) << tokens;
  }
}

TEST(CausalConv1dReference, EqualsThePublishedFunctionInFloat64) {
  expect_golden<double>(1e-14);
}

TEST(CausalConv1dReference, EqualsThePublishedFunctionInFloat32) {
  expect_golden<float>(2e-6);
}

// weight (1, 10, 100), x (1, 2, 3): the last tap multiplies the current token.
TEST(CausalConv1dReference, AppliesTheLastTapToTheCurrentToken) {
  const ConvShape shape{.batch = 1, .tokens = 3, .channels = 1, .width = 3};
  const std::vector<double> x = {1, 2, 3};
  const std::vector<double> weight = {1, 10, 100};
  std::vector<double> y(3);
  const ConvInputs<double> inputs{
      .x = sequence(x.data(), shape), .weight = weight.data(), .bias = nullptr, .silu = false};
  causal_conv1d_forward_reference<double>(shape, inputs, sequence(y.data(), shape));
  EXPECT_EQ(y, (std::vector<double>{100, 210, 321}));
}

TEST(CausalConv1dReference, KeepsANanWithinItsWindow) {
  const ConvShape shape{.batch = 1, .tokens = 8, .channels = 1, .width = 4};
  std::vector<double> x(8, 1.0);
  x[2] = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> weight(4, 0.5);
  std::vector<double> y(8);
  const ConvInputs<double> inputs{
      .x = sequence<const double>(x.data(), shape), .weight = weight.data(), .silu = true};
  causal_conv1d_forward_reference<double>(shape, inputs, sequence(y.data(), shape));
  for (std::size_t t = 0; t < y.size(); ++t) {
    EXPECT_EQ(std::isnan(y[t]), t >= 2 && t < 6) << t;
  }
}

}  // namespace
}  // namespace yates::kernels
