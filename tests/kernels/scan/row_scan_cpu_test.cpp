// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/row_scan_cpu.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/scan/row_scan_case.hpp"
#include "tests/support/golden_tensors.hpp"

namespace yates::kernels {
namespace {

using testing::relative_l2;
using Values = std::vector<float>;

constexpr double kTolerance = 2e-6;
/// Sums over tokens cancel: a sum of a few terms of alternating sign loses a digit.
constexpr double kSumTolerance = 1e-5;

/// One random problem with its results.
struct Problem : RowScanProblem {
  Values y{}, states{}, grad_u{}, grad_delta{}, grad_features{}, grad_A{}, grad_D{}, grad_dt_bias{};

  explicit Problem(const RowScanShape& s) : RowScanProblem(s) {}

  void run(const RangeRunner& parallel, Isa isa) {
    const RowScanInputs in = inputs();
    y.assign(u.size(), 777);
    states.assign(static_cast<std::size_t>(row_scan_state_count(shape)), 777);
    row_scan_forward_cpu(shape, in, y.data(), false, states.data(), parallel, isa);
    grad_u = grad_delta = Values(u.size(), 777);
    grad_features = features;
    grad_A.assign(A.size(), 0);
    grad_D.assign(D.size(), 0);
    grad_dt_bias.assign(D.size(), 0);
    row_scan_backward_cpu(shape,
                          in,
                          states.data(),
                          grad_y.data(),
                          {.u = grad_u.data(),
                           .delta = grad_delta.data(),
                           .features = grad_features.data(),
                           .A = grad_A.data(),
                           .D = grad_D.data(),
                           .dt_bias = grad_dt_bias.data()},
                          parallel,
                          isa);
  }
};

using Expected = RowScanExpected;

void expect_reference(const Problem& p, const Expected& expected, std::string_view isa) {
  const auto expect = [&](const Values& actual,
                          const std::vector<double>& wanted,
                          const char* name,
                          double tolerance = kTolerance) {
    EXPECT_LE(relative_l2(actual, wanted), tolerance)
        << name << ", " << isa << ", tokens " << p.shape.tokens << ", channels "
        << p.shape.channels;
  };
  expect(p.y, expected.y, "y");
  expect(p.grad_u, expected.grad_u, "grad_u");
  expect(p.grad_delta, expected.grad_delta, "grad_delta");
  expect(p.grad_features, expected.grad_features, "grad_features");
  expect(p.grad_A, expected.grad_A, "grad_A", kSumTolerance);
  expect(p.grad_D, expected.grad_D, "grad_D", kSumTolerance);
  expect(p.grad_dt_bias, expected.grad_dt_bias, "grad_dt_bias", kSumTolerance);
}

/// Ranges of one, two, one ... tasks, each in a thread of its own, the last range first.
void run_scattered(std::int64_t count,
                   const std::function<void(std::int64_t, std::int64_t)>& task) {
  std::vector<std::thread> threads;
  for (std::int64_t end = count, length = 1; end > 0; length = 3 - length) {
    const std::int64_t begin = std::max<std::int64_t>(0, end - length);
    threads.emplace_back(task, begin, end);
    end = begin;
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

TEST(RowScanCpu, EqualsTheReferenceAtAwkwardLengthsOnEveryInstructionSet) {
  for (const std::int64_t tokens : {1, 2, 31, 32, 33, 129, 300, 1000}) {
    Problem p({.batch = 1, .tokens = tokens, .channels = 32, .states = 16, .rank = 2});
    const Expected expected(p);
    for (const Isa isa : available_isas()) {
      p.run(run_range_serially, isa);
      expect_reference(p, expected, isa_name(isa));
    }
  }
}

TEST(RowScanCpu, EqualsTheReferenceAtAwkwardWidthsOnEveryInstructionSet) {
  for (const std::int64_t channels : {1, 3, 15, 17, 96, 130, 272, 400}) {
    for (const std::int64_t states : {1, 5, 16}) {
      Problem p({.batch = 2, .tokens = 40, .channels = channels, .states = states, .rank = 0});
      const Expected expected(p);
      for (const Isa isa : available_isas()) {
        p.run(run_range_serially, isa);
        expect_reference(p, expected, isa_name(isa));
      }
    }
  }
}

TEST(RowScanCpu, GivesTheSameBitsForEveryRunner) {
  for (const Isa isa : available_isas()) {
    Problem p({.batch = 2, .tokens = 300, .channels = 400, .states = 16, .rank = 5});
    p.run(run_range_serially, isa);
    const Problem first = p;
    for (int repetition = 0; repetition < 3; ++repetition) {
      p.run(run_scattered, isa);
      EXPECT_EQ(p.y, first.y);
      EXPECT_EQ(p.grad_u, first.grad_u);
      EXPECT_EQ(p.grad_delta, first.grad_delta);
      EXPECT_EQ(p.grad_features, first.grad_features);
      EXPECT_EQ(p.grad_A, first.grad_A);
      EXPECT_EQ(p.grad_D, first.grad_D);
      EXPECT_EQ(p.grad_dt_bias, first.grad_dt_bias);
    }
  }
}

TEST(RowScanCpu, KeepsANanInItsChannelAndLaterPositions) {
  for (const Isa isa : available_isas()) {
    Problem p({.batch = 1, .tokens = 70, .channels = 20, .states = 16, .rank = 0});
    constexpr std::size_t kChannel = 17;
    constexpr std::size_t kPosition = 40;
    p.u[static_cast<std::size_t>(p.order[kPosition]) * 20 + kChannel] =
        std::numeric_limits<float>::quiet_NaN();
    p.run(run_range_serially, isa);
    for (std::size_t position = 0; position < 70; ++position) {
      for (std::size_t c = 0; c < 20; ++c) {
        EXPECT_EQ(std::isnan(p.y[static_cast<std::size_t>(p.order[position]) * 20 + c]),
                  c == kChannel && position >= kPosition)
            << position << " " << c;
      }
    }
  }
}

TEST(RowScanCpu, FollowsTheReferenceIntoExtremeSteps) {
  for (const Isa isa : available_isas()) {
    Problem p({.batch = 1, .tokens = 65, .channels = 16, .states = 16, .rank = 0});
    for (std::size_t i = 0; i < p.delta.size(); ++i) {
      p.delta[i] = static_cast<float>(i % 9) * 15.0F - 60.0F;  // -60 .. 60, decays down to 0
    }
    const Expected expected(p);
    p.run(run_range_serially, isa);
    expect_reference(p, expected, isa_name(isa));
  }
}

TEST(RowScanCpu, AddsToTheSumOfEarlierOrders) {
  Problem p({.batch = 1, .tokens = 33, .channels = 17, .states = 4, .rank = 0});
  p.run(run_range_serially, best_isa());
  Values twice = p.y;
  row_scan_forward_cpu(p.shape, p.inputs(), twice.data(), true, nullptr);
  for (std::size_t i = 0; i < twice.size(); ++i) {
    EXPECT_EQ(twice[i], 2 * p.y[i]);
  }
}

TEST(RowScanCpu, AcceptsEmptySizes) {
  for (const RowScanShape& shape : {RowScanShape{0, 5, 16, 16, 0},
                                    RowScanShape{1, 0, 16, 16, 0},
                                    RowScanShape{1, 5, 0, 16, 0}}) {
    Problem p(shape);
    p.run(run_range_serially, best_isa());
    EXPECT_EQ(p.grad_A, Values(p.A.size(), 0));
  }
}

}  // namespace
}  // namespace yates::kernels
