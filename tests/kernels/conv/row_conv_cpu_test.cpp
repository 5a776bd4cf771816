// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/row_conv_cpu.hpp"

#include <cmath>
#include <limits>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/conv/row_conv_case.hpp"
#include "tests/support/golden_tensors.hpp"

namespace yates::kernels {
namespace {

using testing::relative_l2;

/// A random problem with its results.
struct Problem : RowConvProblem {
  Values y{}, grad_x{}, grad_weight{}, grad_bias{};

  explicit Problem(const RowConvShape& s) : RowConvProblem(s) {}

  void run(const ParallelRunner& parallel, Isa isa) {
    const RowConvInputs inputs{.x = x.data(),
                               .x_stride = 2 * shape.channels,
                               .weight = weight.data(),
                               .bias = bias.data(),
                               .silu = true,
                               .order = order.data(),
                               .order_per_sample = true};
    y.assign(grad_y.size(), 777);
    grad_x.assign(x.size(), 777);
    grad_weight.assign(weight.size(), 0);
    grad_bias.assign(bias.size(), 0);
    row_conv_forward_cpu(shape, inputs, y.data(), parallel, isa);
    row_conv_backward_cpu(
        shape,
        inputs,
        grad_y.data(),
        {.x = grad_x.data(), .weight = grad_weight.data(), .bias = grad_bias.data()},
        parallel,
        isa);
  }
};

using Expected = RowConvExpected;

void run_in_threads(std::int64_t count, const std::function<void(std::int64_t)>& task) {
  std::vector<std::thread> threads;
  for (std::int64_t i = count; i-- > 0;) {
    threads.emplace_back(task, i);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

TEST(RowConvCpu, EqualsTheReferenceOnEveryInstructionSet) {
  for (const std::int64_t tokens : {1, 2, 3, 4, 31, 33, 129, 300}) {
    for (const std::int64_t channels : {1, 17, 96}) {
      Problem p({.batch = 2, .tokens = tokens, .channels = channels, .width = 4});
      const Expected expected(p);
      for (const Isa isa : available_isas()) {
        p.run(run_serially, isa);
        EXPECT_LE(relative_l2(p.y, expected.y), 2e-6) << tokens << " " << channels;
        EXPECT_LE(relative_l2(p.grad_x, expected.grad_x), 2e-6) << tokens << " " << channels;
        EXPECT_LE(relative_l2(p.grad_weight, expected.grad_weight), 1e-5) << tokens;
        EXPECT_LE(relative_l2(p.grad_bias, expected.grad_bias), 1e-5) << tokens;
      }
    }
  }
}

TEST(RowConvCpu, GivesTheSameBitsForEveryRunner) {
  for (const Isa isa : available_isas()) {
    Problem p({.batch = 2, .tokens = 150, .channels = 130, .width = 3});
    p.run(run_serially, isa);
    const Problem first = p;
    p.run(run_in_threads, isa);
    EXPECT_EQ(p.y, first.y);
    EXPECT_EQ(p.grad_x, first.grad_x);
    EXPECT_EQ(p.grad_weight, first.grad_weight);
    EXPECT_EQ(p.grad_bias, first.grad_bias);
  }
}

TEST(RowConvCpu, KeepsANanWithinItsWindow) {
  for (const Isa isa : available_isas()) {
    Problem p({.batch = 1, .tokens = 20, .channels = 17, .width = 4});
    p.x[static_cast<std::size_t>(p.order[5]) * 34 + 16] = std::numeric_limits<float>::quiet_NaN();
    p.run(run_serially, isa);
    for (std::size_t position = 0; position < 20; ++position) {
      for (std::size_t c = 0; c < 17; ++c) {
        EXPECT_EQ(std::isnan(p.y[static_cast<std::size_t>(p.order[position]) * 17 + c]),
                  c == 16 && position >= 5 && position < 9);
      }
    }
  }
}

}  // namespace
}  // namespace yates::kernels
