// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/squeeze/squeeze_excite_cpu.hpp"
#include "kernels/squeeze/squeeze_excite_reference.hpp"
#include "tests/kernels/squeeze/squeeze_excite_case.hpp"
#include "tests/support/golden_tensors.hpp"
#include "tests/support/scattered_runner.hpp"

namespace yates::kernels {
namespace {

using testing::in_words;
using testing::relative_l2;
using testing::run_reference;
using testing::run_scattered;
using testing::squeeze_excite_shapes;
using testing::SqueezeExciteCase;

void run_fast(SqueezeExciteCase<float>& c, const ParallelRunner& parallel, Isa isa) {
  squeeze_excite_forward_cpu(c.shape, c.inputs(), c.kept_pointers(), c.y.data(), parallel, isa);
  squeeze_excite_backward_cpu(
      c.shape, c.inputs(), c.kept_pointers(), c.grad_y.data(), c.gradients(), parallel, isa);
}

TEST(SqueezeExcite, EqualsTheReferenceAtAwkwardSizesOnEveryInstructionSet) {
  for (const SqueezeExciteShape& shape :
       squeeze_excite_shapes({1, 2, 31, 33, 129, 9001}, {1, 3, 24})) {
    SqueezeExciteCase<double> expected(shape);
    run_reference(expected);
    for (const Isa isa : available_isas()) {
      SqueezeExciteCase<float> c(shape);
      run_fast(c, run_serially, isa);
      SCOPED_TRACE(in_words(shape) + ", " + std::string(isa_name(isa)));
      EXPECT_LE(relative_l2(c.y, expected.y), 1e-6);
      EXPECT_LE(relative_l2(c.grad_term, expected.grad_term), 1e-5);
      for (std::size_t i = 0; i < c.grad_weights.size(); ++i) {
        // A sum over the voxels of terms of both signs: 1.3e-5 measured.
        EXPECT_LE(relative_l2(c.grad_weights[i], expected.grad_weights[i]), 5e-5) << i;
      }
    }
  }
}

TEST(SqueezeExcite, GatesAChannelByHand) {
  SqueezeExciteCase<double> c({.batch = 1, .channels = 1, .hidden = 1, .voxels = 2, .terms = 2});
  c.terms[0] = {1, 2};
  c.terms[1] = {3, 0};  // s = 4, 2; mean 3
  c.weights[0] = {0.5};
  c.weights[1] = {0.5};  // hidden 2
  c.weights[2] = {1};
  c.weights[3] = {-2};  // gate sigmoid(0)
  run_reference(c);
  EXPECT_LE(relative_l2(c.y, std::vector<double>{2, 1}), 1e-15);
}

TEST(SqueezeExcite, GradientOfTheReferenceEqualsDifferences) {
  for (const SqueezeExciteShape& shape : squeeze_excite_shapes({3}, {2, 9})) {
    SqueezeExciteCase<double> c(shape);
    run_reference(c);
    SqueezeExciteCase<double> moved(shape);
    const auto value = [&moved] {
      squeeze_excite_reference<double>(
          moved.shape, moved.inputs(), moved.kept_pointers(), moved.y.data());
      double sum = 0;
      for (std::size_t i = 0; i < moved.y.size(); ++i) {
        sum += moved.y[i] * moved.grad_y[i];
      }
      return sum;
    };
    constexpr double kStep = 1e-6;
    const auto expect_differences = [&](std::vector<double>& input,
                                        const std::vector<double>& gradient) {
      for (std::size_t i = 0; i < input.size(); ++i) {
        const double kept = input[i];
        input[i] = kept + kStep;
        const double above = value();
        input[i] = kept - kStep;
        const double below = value();
        input[i] = kept;
        EXPECT_NEAR(gradient[i], (above - below) / (2 * kStep), 1e-7) << in_words(shape) << i;
      }
    };
    for (int term = 0; term < shape.terms; ++term) {
      expect_differences(moved.terms[static_cast<std::size_t>(term)], c.grad_term);
    }
    for (std::size_t i = 0; i < moved.weights.size(); ++i) {
      expect_differences(moved.weights[i], c.grad_weights[i]);
    }
  }
}

TEST(SqueezeExcite, GivesTheSameBitsForEveryRunnerAndBatch) {
  for (SqueezeExciteShape shape : squeeze_excite_shapes({9001}, {3})) {
    SqueezeExciteCase<float> first(shape);
    run_fast(first, run_serially, best_isa());
    SqueezeExciteCase<float> again(shape);
    run_fast(again, run_scattered, best_isa());
    EXPECT_EQ(again.y, first.y) << in_words(shape);
    EXPECT_EQ(again.grad_term, first.grad_term) << in_words(shape);
    EXPECT_EQ(again.grad_weights, first.grad_weights) << in_words(shape);
    shape.batch = 1;
    SqueezeExciteCase<float> alone(shape);
    run_fast(alone, run_serially, best_isa());
    first.y.resize(alone.y.size());
    first.grad_term.resize(alone.grad_term.size());
    EXPECT_EQ(alone.y, first.y) << in_words(shape);
    EXPECT_EQ(alone.grad_term, first.grad_term) << in_words(shape);
  }
}

TEST(SqueezeExcite, KeepsNanInItsSample) {
  for (const SqueezeExciteShape& shape : squeeze_excite_shapes({33}, {8})) {
    SqueezeExciteCase<float> c(shape);
    c.terms[0][2] = std::numeric_limits<float>::quiet_NaN();
    run_fast(c, run_serially, best_isa());
    for (std::size_t i = 0; i < c.y.size(); ++i) {
      ASSERT_EQ(std::isnan(c.y[i]), i < 8 * 33) << in_words(shape) << ", " << i;
    }
  }
}

TEST(SqueezeExcite, OfNothingWritesNothing) {
  SqueezeExciteCase<float> c({.batch = 1, .channels = 8, .hidden = 1, .voxels = 0});
  run_fast(c, run_serially, best_isa());
  EXPECT_EQ(c.grad_weights[1].front(), 777);
}

}  // namespace
}  // namespace yates::kernels
