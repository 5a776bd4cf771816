// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/row_conv_cuda.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/simt/device.hpp"
#include "tests/kernels/conv/row_conv_case.hpp"
#include "tests/support/golden_tensors.hpp"

namespace yates::kernels {
namespace {

using testing::relative_l2;
using Values = std::vector<float>;
using Doubles = std::vector<double>;

struct Result {
  std::vector<Values> y{};
  Values grad_x{}, grad_weight{}, grad_bias{};
  bool operator==(const Result&) const = default;
};

/// Problems of one shape that differ in their orders and grad_y only.
std::vector<RowConvProblem> problems_of(const RowConvShape& shape, int orders) {
  std::vector<RowConvProblem> problems;
  for (int r = 0; r < orders; ++r) {
    problems.emplace_back(shape, static_cast<std::uint64_t>(r));
    problems.back().x = problems.front().x;
    problems.back().weight = problems.front().weight;
    problems.back().bias = problems.front().bias;
  }
  return problems;
}

Result run(const std::vector<RowConvProblem>& problems) {
  const RowConvProblem& p = problems.front();
  const DeviceArray<float> x(p.x);
  const DeviceArray<float> weight(p.weight);
  const DeviceArray<float> bias(p.bias);
  DeviceArray<float> grad_x(Values(p.x.size(), 777));
  DeviceArray<float> grad_weight(Values(p.weight.size(), 0));
  DeviceArray<float> grad_bias(Values(p.bias.size(), 0));
  DeviceArray<float> workspace(static_cast<std::size_t>(row_conv_cuda_workspace(p.shape)));
  RowConvOrders conv{.shape = p.shape,
                     .inputs = {.x = x.data(),
                                .x_stride = 2 * p.shape.channels,
                                .weight = weight.data(),
                                .bias = bias.data(),
                                .silu = true,
                                .order = nullptr,
                                .order_per_sample = true},
                     .orders = static_cast<int>(problems.size())};
  std::vector<DeviceArray<std::int32_t>> orders;
  std::vector<DeviceArray<float>> grads;
  std::vector<DeviceArray<float>> outputs;
  float* y[kRowConvMostOrders] = {};
  const float* grad_y[kRowConvMostOrders] = {};
  for (std::size_t r = 0; r < problems.size(); ++r) {
    orders.emplace_back(problems[r].order);
    grads.emplace_back(problems[r].grad_y);
    outputs.emplace_back(p.grad_y.size());
    conv.order[r] = orders[r].data();
    grad_y[r] = grads[r].data();
    y[r] = outputs[r].data();
  }
  row_conv_forward_cuda(conv, y, nullptr);
  row_conv_backward_cuda(
      conv,
      grad_y,
      {.x = grad_x.data(), .weight = grad_weight.data(), .bias = grad_bias.data()},
      workspace.data(),
      nullptr);
  Result result{.y = {},
                .grad_x = grad_x.host(),
                .grad_weight = grad_weight.host(),
                .grad_bias = grad_bias.host()};
  for (const DeviceArray<float>& output : outputs) {
    result.y.push_back(output.host());
  }
  return result;
}

void add_to(Doubles& sum, const Doubles& values) {
  sum.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum[i] += values[i];
  }
}

/// Equal to the reference, and the same bits in every order of execution.
void expect_exact_and_repeatable(const RowConvShape& shape, int orders) {
  const std::vector<RowConvProblem> problems = problems_of(shape, orders);
  use_schedule(test_schedules().front());
  const Result first = run(problems);
  Doubles grad_x;
  Doubles grad_weight;
  Doubles grad_bias;
  for (std::size_t r = 0; r < problems.size(); ++r) {
    const RowConvExpected expected(problems[r]);
    EXPECT_LE(relative_l2(first.y[r], expected.y), 2e-6) << shape.tokens << " " << shape.channels;
    add_to(grad_x, expected.grad_x);
    add_to(grad_weight, expected.grad_weight);
    add_to(grad_bias, expected.grad_bias);
  }
  for (std::size_t i = 0; i < grad_x.size(); ++i) {  // the gate's half of the rows stays untouched
    grad_x[i] = first.grad_x[i] == 777 ? 777 : grad_x[i];
  }
  EXPECT_LE(relative_l2(first.grad_x, grad_x), 2e-6) << shape.tokens << " " << shape.channels;
  EXPECT_LE(relative_l2(first.grad_weight, grad_weight), 1e-5) << shape.tokens;
  EXPECT_LE(relative_l2(first.grad_bias, grad_bias), 1e-5) << shape.tokens;
  for (const std::uint64_t schedule : test_schedules()) {
    use_schedule(schedule);
    EXPECT_TRUE(run(problems) == first) << "schedule " << schedule << ", tokens " << shape.tokens;
  }
}

TEST(RowConvCuda, EqualsTheReferenceAtAwkwardSizes) {
  for (const std::int64_t tokens : {1, 2, 3, 31, 32, 33, 129}) {
    for (const std::int64_t channels : {1, 17, 130}) {
      expect_exact_and_repeatable({.batch = 2, .tokens = tokens, .channels = channels, .width = 4},
                                  1);
    }
  }
}

TEST(RowConvCuda, RunsThreeOrdersInOneCallAtEveryWidth) {
  for (const std::int64_t width : {2, 3, 4}) {
    expect_exact_and_repeatable({.batch = 2, .tokens = 50, .channels = 33, .width = width}, 3);
  }
}

TEST(RowConvCuda, LeavesTheOtherHalfOfTheRowsAlone) {
  const auto problems = problems_of({.batch = 1, .tokens = 5, .channels = 3, .width = 4}, 2);
  const Values grad_x = run(problems).grad_x;
  for (std::size_t i = 0; i < grad_x.size(); ++i) {
    EXPECT_EQ(grad_x[i] == 777, i % 6 >= 3) << i;
  }
}

TEST(RowConvCuda, KeepsANanWithinItsWindow) {
  auto problems = problems_of({.batch = 1, .tokens = 20, .channels = 17, .width = 4}, 1);
  RowConvProblem& p = problems[0];
  p.x[static_cast<std::size_t>(p.order[5]) * 34 + 16] = std::numeric_limits<float>::quiet_NaN();
  const Values y = run(problems).y[0];
  for (std::size_t position = 0; position < 20; ++position) {
    for (std::size_t c = 0; c < 17; ++c) {
      EXPECT_EQ(std::isnan(y[static_cast<std::size_t>(p.order[position]) * 17 + c]),
                c == 16 && position >= 5 && position < 9);
    }
  }
}

}  // namespace
}  // namespace yates::kernels
