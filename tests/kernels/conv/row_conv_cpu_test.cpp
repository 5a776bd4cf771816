// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/row_conv_cpu.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "kernels/conv/causal_conv1d_reference.hpp"
#include "tests/support/golden_tensors.hpp"

namespace yates::kernels {
namespace {

using testing::relative_l2;
using Values = std::vector<float>;
using Doubles = std::vector<double>;

/// A random problem whose x lies in rows twice as wide, as in the output of in_proj.
struct Problem {
  RowConvShape shape;
  Values x{}, weight{}, bias{}, grad_y{};
  std::vector<std::int32_t> order{};
  Values y{}, grad_x{}, grad_weight{}, grad_bias{};

  explicit Problem(const RowConvShape& s) : shape(s) {
    RandomStream random(7, "row_conv", static_cast<std::uint64_t>(s.tokens * 1000 + s.channels));
    const auto draw = [&](std::int64_t count) {
      Values values(static_cast<std::size_t>(count));
      for (float& value : values) {
        value = static_cast<float>(random.uniform(-1, 1));
      }
      return values;
    };
    x = draw(s.batch * s.tokens * 2 * s.channels);
    weight = draw(s.channels * s.width);
    bias = draw(s.channels);
    grad_y = draw(s.batch * s.tokens * s.channels);
    std::vector<std::size_t> shuffled(static_cast<std::size_t>(s.tokens));
    for (std::int64_t b = 0; b < s.batch; ++b) {
      std::iota(shuffled.begin(), shuffled.end(), std::size_t{0});
      random.shuffle(shuffled);
      order.insert(order.end(), shuffled.begin(), shuffled.end());
    }
  }

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

/// The same by the reference in double, on a permuted copy of the rows.
struct Expected {
  Doubles y{}, grad_x{}, grad_weight{}, grad_bias{};

  explicit Expected(const Problem& p) {
    const auto [batch, tokens, channels, width] = p.shape;
    const ConvShape shape{batch, tokens, channels, width};
    const std::size_t count = p.grad_y.size();
    Doubles x(count);
    Doubles grad_y(count);
    const auto each = [&](const auto& visit) {
      for (std::int64_t i = 0; i < batch * tokens; ++i) {
        const std::int64_t row = i / tokens * tokens + p.order[static_cast<std::size_t>(i)];
        for (std::int64_t c = 0; c < channels; ++c) {
          visit(static_cast<std::size_t>(i * channels + c),
                static_cast<std::size_t>(row * channels + c),
                static_cast<std::size_t>(row * 2 * channels + c));
        }
      }
    };
    each([&](std::size_t walked, std::size_t narrow, std::size_t wide) {
      x[walked] = static_cast<double>(p.x[wide]);
      grad_y[walked] = static_cast<double>(p.grad_y[narrow]);
    });
    const auto view = [&](auto* data) {
      return SequenceView<std::remove_pointer_t<decltype(data)>>{.data = data,
                                                                 .batch_stride = tokens * channels,
                                                                 .token_stride = channels,
                                                                 .channel_stride = 1};
    };
    const Doubles weight(p.weight.begin(), p.weight.end());
    const Doubles bias(p.bias.begin(), p.bias.end());
    Doubles walked_y(count);
    Doubles walked_grad_x(count);
    grad_weight.resize(weight.size());
    grad_bias.resize(bias.size());
    const ConvInputs<double> inputs{
        .x = view(std::as_const(x).data()), .weight = weight.data(), .bias = bias.data()};
    causal_conv1d_forward_reference<double>(shape, inputs, view(walked_y.data()));
    causal_conv1d_backward_reference<double>(
        shape,
        inputs,
        view(std::as_const(grad_y).data()),
        {.x = view(walked_grad_x.data()), .weight = grad_weight.data(), .bias = grad_bias.data()});
    y.resize(count);
    grad_x.assign(p.x.size(), 777);  // the other half of the wide rows stays untouched
    each([&](std::size_t walked, std::size_t narrow, std::size_t wide) {
      y[narrow] = walked_y[walked];
      grad_x[wide] = walked_grad_x[walked];
    });
  }
};

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
