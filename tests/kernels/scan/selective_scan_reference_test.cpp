// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/selective_scan_reference.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "tests/kernels/scan/scan_case.hpp"

namespace yates::kernels {
namespace {

using testing::GoldenTensors;
using testing::relative_l2;
using testing::ScanCase;

template <typename T>
void run(ScanCase<T>& scan) {
  selective_scan_forward_reference<T>(
      scan.shape, scan.inputs(), scan.sequence(scan.y.data(), scan.shape.channels));
  selective_scan_backward_reference<T>(
      scan.shape,
      scan.inputs(),
      scan.template sequence<const T>(scan.grad_y.data(), scan.shape.channels),
      scan.gradients());
}

template <typename T>
void expect_golden(const ScanCase<T>& scan,
                   const GoldenTensors& golden,
                   int number,
                   double tolerance) {
  const auto expect = [&](const std::vector<T>& actual, const std::string& name) {
    const auto expected = golden.values<double>("scan." + std::to_string(number) + "." + name);
    EXPECT_LE(relative_l2(actual, expected), tolerance) << "case " << number << ": " << name;
  };
  expect(scan.y, "y");
  expect(scan.grad_u, "grad_u");
  expect(scan.grad_delta, "grad_delta");
  expect(scan.grad_A, "grad_A");
  expect(scan.grad_B, "grad_B");
  expect(scan.grad_C, "grad_C");
  expect(scan.grad_D, "grad_D");
  expect(scan.grad_z, "grad_z");
  expect(scan.grad_delta_bias, "grad_delta_bias");
}

TEST(SelectiveScanReference, EqualsThePublishedFunctionInFloat64) {
  const GoldenTensors golden("kernels/selective_scan.safetensors");
  for (int number = 0; number < 6; ++number) {
    auto scan = testing::golden_scan_case<double>(golden, number);
    run(scan);
    expect_golden(scan, golden, number, 1e-13);
  }
}

TEST(SelectiveScanReference, EqualsThePublishedFunctionInFloat32) {
  const GoldenTensors golden("kernels/selective_scan.safetensors");
  for (int number = 0; number < 6; ++number) {
    auto scan = testing::golden_scan_case<float>(golden, number);
    run(scan);
    expect_golden(scan, golden, number, 2e-6);
  }
}

// One channel, one state, A = -1, dt = 1: h = (1, 1/e + 2), y = h * C.
TEST(SelectiveScanReference, FollowsTheRecurrenceByHand) {
  ScanCase<double> scan{.shape = {.batch = 1, .tokens = 2, .channels = 1, .states = 1},
                        .u = {1, 2},
                        .delta = {1, 1},
                        .A = {-1},
                        .B = {1, 1},
                        .C = {1, 10},
                        .grad_y = {1, 1}};
  scan.make_room();
  ScanInputs<double> inputs = scan.inputs();
  inputs.D = nullptr;
  inputs.z = {};
  inputs.delta_bias = nullptr;
  inputs.delta_softplus = false;
  selective_scan_forward_reference<double>(scan.shape, inputs, scan.sequence(scan.y.data(), 1));
  EXPECT_DOUBLE_EQ(scan.y[0], 1);
  EXPECT_DOUBLE_EQ(scan.y[1], 10 * (std::exp(-1.0) + 2));
}

TEST(SelectiveScanReference, KeepsANanInItsChannelAndLaterTokens) {
  auto scan =
      testing::random_scan_case<double>({.batch = 1, .tokens = 9, .channels = 3, .states = 4});
  scan.u[9 + 4] = std::numeric_limits<double>::quiet_NaN();  // channel 1, token 4
  run(scan);
  for (std::size_t i = 0; i < scan.y.size(); ++i) {
    EXPECT_EQ(std::isnan(scan.y[i]), i >= 9 + 4 && i < 18) << i;
  }
}

TEST(SelectiveScanReference, AcceptsNoTokens) {
  auto scan =
      testing::random_scan_case<double>({.batch = 1, .tokens = 0, .channels = 3, .states = 4});
  run(scan);
  EXPECT_EQ(scan.grad_A, std::vector<double>(12, 0.0));
  EXPECT_EQ(scan.grad_D, std::vector<double>(3, 0.0));
}

}  // namespace
}  // namespace yates::kernels
