// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/row_scan_cpu.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "kernels/scan/selective_scan_reference.hpp"
#include "tests/support/golden_tensors.hpp"

namespace yates::kernels {
namespace {

using testing::relative_l2;
using Values = std::vector<float>;

constexpr double kTolerance = 2e-6;
/// Sums over tokens cancel: a sum of a few terms of alternating sign loses a digit.
constexpr double kSumTolerance = 1e-5;

/// One random problem with its results; `delta` is used if rank is 0.
struct Problem {
  RowScanShape shape;
  Values u{}, delta{}, features{}, dt_weight{}, dt_bias{}, A{}, D{}, grad_y{};
  std::vector<std::int32_t> order{};
  Values y{}, states{}, grad_u{}, grad_delta{}, grad_features{}, grad_A{}, grad_D{}, grad_dt_bias{};

  explicit Problem(const RowScanShape& s) : shape(s) {
    RandomStream random(2, "row_scan", static_cast<std::uint64_t>(s.tokens * 1000 + s.channels));
    const auto draw = [&](std::int64_t count, double low, double high) {
      Values values(static_cast<std::size_t>(count));
      for (float& value : values) {
        value = static_cast<float>(random.uniform(low, high));
      }
      return values;
    };
    const std::int64_t rows = s.batch * s.tokens;
    u = draw(rows * s.channels, -1, 1);
    delta = draw(rows * s.channels, -0.5, 0.5);
    features = draw(rows * (s.rank + 2 * s.states), -1.5, 1.5);
    dt_weight = draw(s.channels * s.rank, -0.3, 0.3);
    dt_bias = draw(s.channels, -6, -1);
    A = draw(s.channels * s.states, -16, -0.5);
    D = draw(s.channels, 0.9, 1.1);
    grad_y = draw(rows * s.channels, -1, 1);
    std::vector<std::size_t> shuffled(static_cast<std::size_t>(s.tokens));
    for (std::int64_t b = 0; b < s.batch; ++b) {
      std::iota(shuffled.begin(), shuffled.end(), std::size_t{0});
      random.shuffle(shuffled);
      order.insert(order.end(), shuffled.begin(), shuffled.end());
    }
  }

  [[nodiscard]] RowScanInputs inputs() const {
    return {.u = u.data(),
            .delta = shape.rank == 0 ? delta.data() : nullptr,
            .features = features.data(),
            .dt_weight = dt_weight.data(),
            .dt_bias = dt_bias.data(),
            .A = A.data(),
            .D = D.data(),
            .softplus = true,
            .order = order.data(),
            .order_per_sample = true};
  }

  void run(const ParallelRunner& parallel, Isa isa) {
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

/// The same problem through the reference, in double, walking a permuted copy of the rows.
class Expected {
 public:
  explicit Expected(const Problem& p) : p_(p), shape_(p.shape) {
    const std::int64_t wide = shape_.batch * shape_.tokens * shape_.channels;
    const std::int64_t narrow = shape_.batch * shape_.tokens * shape_.states;
    for (auto* values : {&u_, &delta_, &grad_y_, &y, &grad_u, &grad_delta}) {
      values->resize(static_cast<std::size_t>(wide));
    }
    for (auto* values : {&B_, &C_, &grad_B_, &grad_C_}) {
      values->resize(static_cast<std::size_t>(narrow));
    }
    permute_in();
    run();
    permute_out();
  }

  std::vector<double> y{}, grad_u{}, grad_delta{}, grad_features{}, grad_A{}, grad_D{},
      grad_dt_bias{};

 private:
  using Doubles = std::vector<double>;

  [[nodiscard]] std::int64_t row(std::int64_t position) const {
    const std::int64_t sample = position / shape_.tokens;
    return sample * shape_.tokens + p_.order[static_cast<std::size_t>(position)];
  }
  static double& at(Doubles& values, std::int64_t i, std::int64_t width, std::int64_t k) {
    return values[static_cast<std::size_t>(i * width + k)];
  }
  static double from(const Values& values, std::int64_t i, std::int64_t width, std::int64_t k) {
    return static_cast<double>(values[static_cast<std::size_t>(i * width + k)]);
  }

  void permute_in() {
    const std::int64_t features = shape_.rank + 2 * shape_.states;
    for (std::int64_t i = 0; i < shape_.batch * shape_.tokens; ++i) {
      for (std::int64_t c = 0; c < shape_.channels; ++c) {
        at(u_, i, shape_.channels, c) = from(p_.u, row(i), shape_.channels, c);
        at(grad_y_, i, shape_.channels, c) = from(p_.grad_y, row(i), shape_.channels, c);
        double raw = shape_.rank == 0 ? from(p_.delta, row(i), shape_.channels, c) : 0;
        for (std::int64_t r = 0; r < shape_.rank; ++r) {
          raw += from(p_.dt_weight, c, shape_.rank, r) * from(p_.features, row(i), features, r);
        }
        at(delta_, i, shape_.channels, c) = raw;
      }
      for (std::int64_t n = 0; n < shape_.states; ++n) {
        at(B_, i, shape_.states, n) = from(p_.features, row(i), features, shape_.rank + n);
        at(C_, i, shape_.states, n) =
            from(p_.features, row(i), features, shape_.rank + shape_.states + n);
      }
    }
  }

  template <typename E>
  SequenceView<E> view(E* data, std::int64_t width) const {
    return {.data = data,
            .batch_stride = shape_.tokens * width,
            .token_stride = width,
            .channel_stride = 1};
  }

  void run() {
    const Doubles A(p_.A.begin(), p_.A.end());
    const Doubles D(p_.D.begin(), p_.D.end());
    const Doubles bias(p_.dt_bias.begin(), p_.dt_bias.end());
    grad_A.resize(A.size());
    grad_D.resize(D.size());
    grad_dt_bias.resize(D.size());
    const ScanShape shape{shape_.batch, shape_.tokens, shape_.channels, shape_.states};
    const ScanInputs<double> in{.u = view<const double>(u_.data(), shape.channels),
                                .delta = view<const double>(delta_.data(), shape.channels),
                                .A = A.data(),
                                .B = view<const double>(B_.data(), shape.states),
                                .C = view<const double>(C_.data(), shape.states),
                                .D = D.data(),
                                .z = {},
                                .delta_bias = bias.data(),
                                .delta_softplus = true};
    walked_y_ = walked_grad_u_ = walked_grad_delta_ = u_;
    selective_scan_forward_reference(shape, in, view(walked_y_.data(), shape.channels));
    selective_scan_backward_reference<double>(
        shape,
        in,
        view<const double>(grad_y_.data(), shape.channels),
        {.u = view(walked_grad_u_.data(), shape.channels),
         .delta = view(walked_grad_delta_.data(), shape.channels),
         .A = grad_A.data(),
         .B = view(grad_B_.data(), shape.states),
         .C = view(grad_C_.data(), shape.states),
         .D = grad_D.data(),
         .z = {},
         .delta_bias = grad_dt_bias.data()});
  }

  void permute_out() {
    const std::int64_t features = shape_.rank + 2 * shape_.states;
    grad_features.assign(p_.features.begin(), p_.features.end());
    for (std::int64_t i = 0; i < shape_.batch * shape_.tokens; ++i) {
      for (std::int64_t c = 0; c < shape_.channels; ++c) {
        at(y, row(i), shape_.channels, c) = at(walked_y_, i, shape_.channels, c);
        at(grad_u, row(i), shape_.channels, c) = at(walked_grad_u_, i, shape_.channels, c);
        at(grad_delta, row(i), shape_.channels, c) = at(walked_grad_delta_, i, shape_.channels, c);
      }
      for (std::int64_t n = 0; n < shape_.states; ++n) {
        at(grad_features, row(i), features, shape_.rank + n) = at(grad_B_, i, shape_.states, n);
        at(grad_features, row(i), features, shape_.rank + shape_.states + n) =
            at(grad_C_, i, shape_.states, n);
      }
    }
  }

  const Problem& p_;
  RowScanShape shape_;
  Doubles u_{}, delta_{}, B_{}, C_{}, grad_y_{}, grad_B_{}, grad_C_{};
  Doubles walked_y_{}, walked_grad_u_{}, walked_grad_delta_{};
};

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

/// Runs every second task in a thread of its own, last task first.
void run_scattered(std::int64_t count, const std::function<void(std::int64_t)>& task) {
  std::vector<std::thread> threads;
  for (std::int64_t i = count; i-- > 0;) {
    if (i % 2 == 0) {
      threads.emplace_back(task, i);
    } else {
      task(i);
    }
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
      p.run(run_serially, isa);
      expect_reference(p, expected, isa_name(isa));
    }
  }
}

TEST(RowScanCpu, EqualsTheReferenceAtAwkwardWidthsOnEveryInstructionSet) {
  for (const std::int64_t channels : {1, 3, 15, 17, 96, 130, 272}) {
    for (const std::int64_t states : {1, 5, 16}) {
      Problem p({.batch = 2, .tokens = 40, .channels = channels, .states = states, .rank = 0});
      const Expected expected(p);
      for (const Isa isa : available_isas()) {
        p.run(run_serially, isa);
        expect_reference(p, expected, isa_name(isa));
      }
    }
  }
}

TEST(RowScanCpu, GivesTheSameBitsForEveryRunner) {
  for (const Isa isa : available_isas()) {
    Problem p({.batch = 2, .tokens = 300, .channels = 130, .states = 16, .rank = 5});
    p.run(run_serially, isa);
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
    p.run(run_serially, isa);
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
    p.run(run_serially, isa);
    expect_reference(p, expected, isa_name(isa));
  }
}

TEST(RowScanCpu, AddsToTheSumOfEarlierOrders) {
  Problem p({.batch = 1, .tokens = 33, .channels = 17, .states = 4, .rank = 0});
  p.run(run_serially, best_isa());
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
    p.run(run_serially, best_isa());
    EXPECT_EQ(p.grad_A, Values(p.A.size(), 0));
  }
}

}  // namespace
}  // namespace yates::kernels
