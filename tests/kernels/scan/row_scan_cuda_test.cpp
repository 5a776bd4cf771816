// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/row_scan_cuda.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/activation.hpp"
#include "kernels/simt/device.hpp"
#include "tests/kernels/scan/row_scan_case.hpp"
#include "tests/support/golden_tensors.hpp"

namespace yates::kernels {
namespace {

using testing::relative_l2;
using Values = std::vector<float>;
using Doubles = std::vector<double>;

constexpr double kTolerance = 5e-6;
/// Sums over tokens cancel: a sum of a few terms of alternating sign loses a digit.
constexpr double kSumTolerance = 2e-5;

/// What one order leaves behind.
struct OrderResult {
  Values y{}, grad_u{}, grad_delta{}, grad_features{};
  bool operator==(const OrderResult&) const = default;
};

struct Result {
  std::vector<OrderResult> orders{};
  Values grad_A{}, grad_D{}, grad_dt_bias{};
  bool operator==(const Result&) const = default;
};

/// One order of a problem on the device.
struct DeviceOrder {
  DeviceArray<float> u, delta, features, y, grad_u, grad_delta, grad_features;
  DeviceArray<std::int32_t> order;

  explicit DeviceOrder(const RowScanProblem& p)
      : u(p.u),
        delta(p.delta),
        features(p.features),
        y(p.u.size()),
        grad_u(p.u.size()),
        grad_delta(p.u.size()),
        grad_features(p.features),
        order(p.order) {}
};

struct DeviceWeights {
  DeviceArray<float> dt_weight, dt_bias, A, D, grad_y;

  explicit DeviceWeights(const RowScanProblem& p)
      : dt_weight(p.dt_weight), dt_bias(p.dt_bias), A(p.A), D(p.D), grad_y(p.grad_y) {}
};

RowScanInputs inputs_of(const RowScanProblem& p, const DeviceOrder& order, const DeviceWeights& w) {
  return {.u = order.u.data(),
          .delta = p.shape.rank == 0 ? order.delta.data() : nullptr,
          .features = order.features.data(),
          .dt_weight = p.shape.rank == 0 ? nullptr : w.dt_weight.data(),
          .dt_bias = w.dt_bias.data(),
          .A = w.A.data(),
          .D = w.D.data(),
          .softplus = true,
          .order = order.order.data(),
          .order_per_sample = true};
}

/// Problems of one shape that differ in everything but the weights and grad_y.
std::vector<RowScanProblem> problems_of(const RowScanShape& shape, int orders) {
  std::vector<RowScanProblem> problems;
  for (int r = 0; r < orders; ++r) {
    problems.emplace_back(shape, static_cast<std::uint64_t>(r));
    RowScanProblem& p = problems.back();
    const RowScanProblem& first = problems.front();
    p.dt_weight = first.dt_weight;
    p.dt_bias = first.dt_bias;
    p.A = first.A;
    p.D = first.D;
    p.grad_y = first.grad_y;
  }
  return problems;
}

using Adjust = std::function<void(RowScanInputs&)>;

/// `adjust` may change what the kernels are given.
Result run(const std::vector<RowScanProblem>& problems, const Adjust& adjust = {}) {
  const RowScanShape& shape = problems.front().shape;
  const auto count = static_cast<int>(problems.size());
  const DeviceWeights weights(problems.front());
  DeviceArray<float> states(static_cast<std::size_t>(row_scan_cuda_state_count(shape, count)));
  DeviceArray<float> workspace(static_cast<std::size_t>(row_scan_cuda_workspace(shape, count)));
  DeviceArray<float> grad_A(Values(problems[0].A.size(), 0));
  DeviceArray<float> grad_D(Values(problems[0].D.size(), 0));
  DeviceArray<float> grad_bias(Values(problems[0].D.size(), 0));
  std::vector<std::unique_ptr<DeviceOrder>> orders;
  RowScanOrders scan{.shape = shape, .orders = count, .inputs = {}};
  float* y[kRowScanMostOrders] = {};
  RowScanGradients gradients[kRowScanMostOrders];
  for (std::size_t r = 0; r < problems.size(); ++r) {
    orders.push_back(std::make_unique<DeviceOrder>(problems[r]));
    DeviceOrder& order = *orders[r];
    scan.inputs[r] = inputs_of(problems[r], order, weights);
    if (adjust) {
      adjust(scan.inputs[r]);
    }
    y[r] = order.y.data();
    gradients[r] = {.u = order.grad_u.data(),
                    .delta = order.grad_delta.data(),
                    .features = order.grad_features.data()};
  }
  gradients[0].A = grad_A.data();
  gradients[0].D = grad_D.data();
  gradients[0].dt_bias = grad_bias.data();
  row_scan_forward_cuda(scan, y, states.data(), workspace.data(), nullptr);
  row_scan_backward_cuda(
      scan, states.data(), weights.grad_y.data(), gradients, workspace.data(), nullptr);
  Result result{.orders = {},
                .grad_A = grad_A.host(),
                .grad_D = grad_D.host(),
                .grad_dt_bias = grad_bias.host()};
  for (const auto& order : orders) {
    result.orders.push_back({order->y.host(),
                             order->grad_u.host(),
                             order->grad_delta.host(),
                             order->grad_features.host()});
  }
  return result;
}

void add_to(Doubles& sum, const Doubles& values) {
  sum.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum[i] += values[i];
  }
}

void expect_reference(const std::vector<RowScanProblem>& problems, const Result& result) {
  const RowScanShape& shape = problems.front().shape;
  const auto expect = [&](const Values& actual,
                          const Doubles& wanted,
                          const char* name,
                          double tolerance = kTolerance) {
    EXPECT_LE(relative_l2(actual, wanted), tolerance)
        << name << ", tokens " << shape.tokens << ", channels " << shape.channels << ", states "
        << shape.states << ", rank " << shape.rank;
  };
  Doubles A;
  Doubles D;
  Doubles bias;
  for (std::size_t r = 0; r < problems.size(); ++r) {
    const RowScanExpected expected(problems[r]);
    expect(result.orders[r].y, expected.y, "y");
    expect(result.orders[r].grad_u, expected.grad_u, "grad_u");
    expect(result.orders[r].grad_delta, expected.grad_delta, "grad_delta");
    expect(result.orders[r].grad_features, expected.grad_features, "grad_features");
    add_to(A, expected.grad_A);
    add_to(D, expected.grad_D);
    add_to(bias, expected.grad_dt_bias);
  }
  expect(result.grad_A, A, "grad_A", kSumTolerance);
  expect(result.grad_D, D, "grad_D", kSumTolerance);
  expect(result.grad_dt_bias, bias, "grad_dt_bias", kSumTolerance);
}

/// Equal to the reference, and the same bits in every order of execution.
void expect_exact_and_repeatable(const RowScanShape& shape, int orders) {
  const std::vector<RowScanProblem> problems = problems_of(shape, orders);
  use_schedule(test_schedules().front());
  const Result first = run(problems);
  expect_reference(problems, first);
  for (const std::uint64_t schedule : test_schedules()) {
    use_schedule(schedule);
    EXPECT_TRUE(run(problems) == first) << "schedule " << schedule << ", tokens " << shape.tokens;
  }
}

TEST(RowScanCuda, EqualsTheReferenceAtAwkwardLengths) {
  for (const std::int64_t tokens : {1, 2, 31, 32, 33, 129}) {
    expect_exact_and_repeatable(
        {.batch = 1, .tokens = tokens, .channels = 32, .states = 16, .rank = 2}, 1);
  }
}

TEST(RowScanCuda, EqualsTheReferenceAtAwkwardWidths) {
  for (const std::int64_t channels : {1, 17, 96, 130}) {
    for (const std::int64_t states : {1, 5, 16}) {
      expect_exact_and_repeatable(
          {.batch = 2, .tokens = 40, .channels = channels, .states = states, .rank = 0}, 1);
    }
  }
}

TEST(RowScanCuda, RunsThreeOrdersInOneCall) {
  expect_exact_and_repeatable({.batch = 2, .tokens = 70, .channels = 72, .states = 16, .rank = 24},
                              3);
}

TEST(RowScanCuda, TakesMoreSharedMemoryForALargeRank) {
  expect_exact_and_repeatable({.batch = 1, .tokens = 33, .channels = 66, .states = 16, .rank = 70},
                              1);
}

TEST(RowScanCuda, WalksRowsAsTheyStandWithoutAnOrder) {
  auto problems =
      problems_of({.batch = 2, .tokens = 40, .channels = 5, .states = 16, .rank = 1}, 1);
  std::iota(problems[0].order.begin(), problems[0].order.begin() + 40, 0);
  std::iota(problems[0].order.begin() + 40, problems[0].order.end(), 0);
  const Result listed = run(problems);
  EXPECT_TRUE(run(problems, [](RowScanInputs& in) { in.order = nullptr; }) == listed);
  EXPECT_TRUE(run(problems, [](RowScanInputs& in) { in.order_per_sample = false; }) == listed);
}

TEST(RowScanCuda, TakesAbsentWeightsForZero) {
  auto problems =
      problems_of({.batch = 1, .tokens = 40, .channels = 5, .states = 16, .rank = 1}, 1);
  problems[0].D.assign(5, 0);
  problems[0].dt_bias.assign(5, 0);
  const Result zero = run(problems);
  EXPECT_TRUE(run(problems, [](RowScanInputs& in) { in.D = in.dt_bias = nullptr; }) == zero);
}

TEST(RowScanCuda, TakesStepSizesAsTheyAreWithoutSoftplus) {
  auto problems =
      problems_of({.batch = 1, .tokens = 40, .channels = 5, .states = 16, .rank = 0}, 1);
  const Values expected = run(problems).orders[0].y;
  RowScanProblem& p = problems[0];
  for (std::size_t i = 0; i < p.delta.size(); ++i) {
    p.delta[i] = softplus(p.delta[i] + p.dt_bias[i % 5]);
  }
  const Result plain = run(problems, [](RowScanInputs& in) {
    in.dt_bias = nullptr;
    in.softplus = false;
  });
  EXPECT_LE(relative_l2(plain.orders[0].y, expected), 1e-6);
}

TEST(RowScanCuda, WalksLongSequencesInLargerChunks) {
  const auto problems =
      problems_of({.batch = 1, .tokens = 2100, .channels = 16, .states = 16, .rank = 1}, 1);
  expect_reference(problems, run(problems));
}

TEST(RowScanCuda, KeepsANanInItsChannelAndLaterPositions) {
  auto problems =
      problems_of({.batch = 1, .tokens = 70, .channels = 20, .states = 16, .rank = 0}, 1);
  constexpr std::size_t kChannel = 17;
  constexpr std::size_t kPosition = 40;
  RowScanProblem& p = problems[0];
  p.u[static_cast<std::size_t>(p.order[kPosition]) * 20 + kChannel] =
      std::numeric_limits<float>::quiet_NaN();
  const Values y = run(problems).orders[0].y;
  for (std::size_t position = 0; position < 70; ++position) {
    for (std::size_t c = 0; c < 20; ++c) {
      EXPECT_EQ(std::isnan(y[static_cast<std::size_t>(p.order[position]) * 20 + c]),
                c == kChannel && position >= kPosition)
          << position << " " << c;
    }
  }
}

TEST(RowScanCuda, FollowsTheReferenceIntoExtremeSteps) {
  auto problems =
      problems_of({.batch = 1, .tokens = 65, .channels = 16, .states = 16, .rank = 0}, 1);
  for (std::size_t i = 0; i < problems[0].delta.size(); ++i) {
    problems[0].delta[i] = static_cast<float>(i % 9) * 15.0F - 60.0F;  // decays down to 0
  }
  expect_reference(problems, run(problems));
}

TEST(RowScanCuda, AcceptsEmptySizes) {
  for (const RowScanShape& shape : {RowScanShape{0, 5, 16, 16, 0},
                                    RowScanShape{1, 0, 16, 16, 0},
                                    RowScanShape{1, 5, 0, 16, 0}}) {
    const auto problems = problems_of(shape, 1);
    EXPECT_EQ(run(problems).grad_A, Values(problems[0].A.size(), 0));
  }
}

}  // namespace
}  // namespace yates::kernels
