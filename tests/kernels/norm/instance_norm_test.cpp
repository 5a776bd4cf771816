// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/norm/instance_norm_cpu.hpp"
#include "tests/kernels/norm/instance_norm_case.hpp"
#include "tests/support/golden_tensors.hpp"
#include "tests/support/scattered_runner.hpp"

namespace yates::kernels {
namespace {

using testing::in_words;
using testing::instance_norm_shapes;
using testing::InstanceNormCase;
using testing::relative_l2;
using testing::run_scattered;

/// Forward and backward by the fast version.
void run_fast(InstanceNormCase<float>& c, const ParallelRunner& parallel, Isa isa) {
  const auto planes = static_cast<std::size_t>(c.shape.batch * c.shape.channels);
  std::vector<float> moments(4 * planes, -1);
  const InstanceNormMoments of_x{moments.data(), moments.data() + planes};
  const InstanceNormMoments of_residual{of_x.factor + planes, of_x.factor + 2 * planes};
  instance_norm_forward_cpu(c.shape, c.inputs(), c.y.data(), of_x, of_residual, parallel, isa);
  const bool both = c.shape.residual == Residual::Normalised;
  instance_norm_backward_cpu(c.shape,
                             {.inputs = {c.x.data(), both ? c.residual.data() : nullptr},
                              .y = c.residual.empty() ? nullptr : c.y.data(),
                              .moments = of_x,
                              .residual_moments = of_residual},
                             c.grad_y.data(),
                             c.gradients(),
                             parallel,
                             isa);
}

TEST(InstanceNorm, EqualsTheReferenceAtAwkwardSizesOnEveryInstructionSet) {
  for (const InstanceNormShape& shape :
       instance_norm_shapes({1, 2, 31, 33, 129, 1000}, {1, 3, 24, 130})) {
    InstanceNormCase<double> expected(shape);
    expected.run_reference();
    for (const Isa isa : available_isas()) {
      InstanceNormCase<float> c(shape);
      run_fast(c, run_serially, isa);
      SCOPED_TRACE(in_words(shape) + ", " + std::string(isa_name(isa)));
      // Two voxels can lie close together: then the mean's last bit counts (1.7e-6 measured).
      EXPECT_LE(relative_l2(c.y, expected.y), shape.voxels > 2 ? 1e-6 : 5e-6);
      // Two voxels: n(x) is +-1 whatever x is, and the gradient what rounding leaves of nothing.
      if (shape.voxels > 2) {
        EXPECT_LE(relative_l2(c.grad_x, expected.grad_x), 1e-5);
        EXPECT_LE(relative_l2(c.grad_residual, expected.grad_residual), 1e-5);
      }
    }
  }
}

TEST(InstanceNorm, EqualsTheReferenceOverSeveralBlocks) {
  for (const InstanceNormShape& shape : instance_norm_shapes({20011}, {1, 5})) {
    InstanceNormCase<double> expected(shape);
    expected.run_reference();
    InstanceNormCase<float> c(shape);
    run_fast(c, run_serially, best_isa());
    EXPECT_LE(relative_l2(c.y, expected.y), 1e-6) << in_words(shape);
    EXPECT_LE(relative_l2(c.grad_x, expected.grad_x), 1e-5) << in_words(shape);
  }
}

TEST(InstanceNorm, NormalisesAChannelByHand) {
  InstanceNormCase<double> c({.batch = 1, .channels = 1, .voxels = 4, .negative_slope = 0.5});
  c.x = {1, 3, 5, 7};  // mean 4, variance 5
  c.shape.epsilon = 0;
  instance_norm_reference<double>(c.shape, c.inputs(), c.y.data());
  const double unit = 1 / std::sqrt(5.0);
  const std::vector<double> expected = {-1.5 * unit, -0.5 * unit, unit, 3 * unit};
  EXPECT_LE(relative_l2(c.y, expected), 1e-15);
}

TEST(InstanceNorm, GradientOfTheReferenceEqualsDifferences) {
  for (const InstanceNormShape& shape : instance_norm_shapes({3, 5}, {2})) {
    InstanceNormCase<double> c(shape);
    c.run_reference();
    const std::vector<double> kept_y = c.y;
    const auto value = [&c] {
      instance_norm_reference<double>(c.shape, c.inputs(), c.y.data());
      double sum = 0;
      for (std::size_t i = 0; i < c.y.size(); ++i) {
        sum += c.y[i] * c.grad_y[i];
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
        EXPECT_NEAR(gradient[i], (above - below) / (2 * kStep), 1e-7)
            << in_words(shape) << ", " << i;
      }
    };
    expect_differences(c.x, c.grad_x);
    expect_differences(c.residual, c.grad_residual);
  }
}

TEST(InstanceNorm, GivesTheSameBitsForEveryRunnerAndBatch) {
  for (InstanceNormShape shape : instance_norm_shapes({20011}, {3})) {
    InstanceNormCase<float> first(shape);
    run_fast(first, run_serially, best_isa());
    for (int repetition = 0; repetition < 2; ++repetition) {
      InstanceNormCase<float> again(shape);
      run_fast(again, run_scattered, best_isa());
      EXPECT_EQ(again.y, first.y) << in_words(shape);
      EXPECT_EQ(again.grad_x, first.grad_x) << in_words(shape);
      EXPECT_EQ(again.grad_residual, first.grad_residual) << in_words(shape);
    }
    shape.batch = 1;
    InstanceNormCase<float> alone(shape);
    run_fast(alone, run_serially, best_isa());
    first.y.resize(alone.y.size());
    first.grad_x.resize(alone.grad_x.size());
    EXPECT_EQ(alone.y, first.y) << in_words(shape);
    EXPECT_EQ(alone.grad_x, first.grad_x) << in_words(shape);
  }
}

TEST(InstanceNorm, IsExactWhereMeansAreLargeAgainstDeviations) {
  for (const InstanceNormShape& shape : instance_norm_shapes({4099}, {2})) {
    if (shape.residual != Residual::None) {
      continue;
    }
    InstanceNormCase<float> c(shape);
    InstanceNormCase<double> expected(shape);
    for (std::size_t i = 0; i < c.x.size(); ++i) {
      c.x[i] += 1024;
      expected.x[i] = static_cast<double>(c.x[i]);
    }
    run_fast(c, run_serially, best_isa());
    expected.run_reference();
    // The mean is rounded to 2^-14 here.
    EXPECT_LE(relative_l2(c.y, expected.y), 5e-5) << in_words(shape);
  }
}

TEST(InstanceNorm, KeepsNanInItsChannelOfItsSample) {
  for (const Isa isa : available_isas()) {
    for (const InstanceNormShape& shape : instance_norm_shapes({129}, {3})) {
      InstanceNormCase<float> c(shape);
      c.x[2] = std::numeric_limits<float>::quiet_NaN();
      run_fast(c, run_serially, isa);
      const bool last = shape.layout == VolumeLayout::ChannelsLast;
      for (std::size_t i = 0; i < c.y.size(); ++i) {
        const std::size_t sample = i / (3 * 129);
        const std::size_t channel = last ? i % 3 : i / 129 % 3;
        const bool spoilt = sample == 0 && channel == (last ? 2 : 0);
        ASSERT_EQ(std::isnan(c.y[i]), spoilt) << in_words(shape) << ", " << i;
        ASSERT_EQ(std::isnan(c.grad_x[i]), spoilt) << in_words(shape) << ", " << i;
      }
    }
  }
}

TEST(InstanceNorm, OfNothingWritesNothing) {
  for (const InstanceNormShape& shape : instance_norm_shapes({0}, {3})) {
    InstanceNormCase<float> c(shape);
    run_fast(c, run_serially, best_isa());
    c.run_reference();
    EXPECT_TRUE(c.y.empty());
  }
}

}  // namespace
}  // namespace yates::kernels
