// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm/instance_norm_cuda.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/simt/device.hpp"
#include "tests/kernels/norm/instance_norm_case.hpp"
#include "tests/support/golden_tensors.hpp"
#include "tests/support/narrow_values.hpp"

namespace yates::kernels {
namespace {

using testing::in_words;
using testing::instance_norm_shapes;
using testing::InstanceNormCase;
using testing::narrow;
using testing::relative_l2;
using testing::round_to;
using testing::rounding_of;
using testing::widen;

/// Forward and backward on the device, with volumes stored as V.
template <typename V = float>
void run_on_device(InstanceNormCase<float>& c) {
  const auto planes = static_cast<std::size_t>(c.shape.batch * c.shape.channels);
  const DeviceArray<V> x(narrow<V>(c.x));
  const DeviceArray<V> residual(narrow<V>(c.residual));
  const DeviceArray<V> grad_y(narrow<V>(c.grad_y));
  DeviceArray<V> y(c.y.size());
  DeviceArray<V> grad_x(c.x.size());
  DeviceArray<V> grad_residual(c.residual.size());
  DeviceArray<float> moments(4 * planes);
  DeviceArray<float> workspace(static_cast<std::size_t>(instance_norm_cuda_workspace(c.shape)));
  const InstanceNormMoments of_x{moments.data(), moments.data() + planes};
  const InstanceNormMoments of_residual{of_x.factor + planes, of_x.factor + 2 * planes};
  const InstanceNormInputs<V> inputs{x.data(), residual.data()};
  instance_norm_forward_cuda<V>(
      c.shape, inputs, y.data(), of_x, of_residual, workspace.data(), nullptr);
  const bool both = c.shape.residual == Residual::Normalised;
  instance_norm_backward_cuda<V>(c.shape,
                                 {.inputs = {x.data(), both ? residual.data() : nullptr},
                                  .y = c.residual.empty() ? nullptr : y.data(),
                                  .moments = of_x,
                                  .residual_moments = of_residual},
                                 grad_y.data(),
                                 {grad_x.data(), grad_residual.data()},
                                 workspace.data(),
                                 nullptr);
  c.y = widen(y.host());
  c.grad_x = widen(grad_x.host());
  c.grad_residual = widen(grad_residual.host());
}

TEST(InstanceNormCuda, EqualsTheReferenceAtAwkwardSizes) {
  for (const InstanceNormShape& shape : instance_norm_shapes({1, 2, 31, 33, 129}, {1, 40, 260})) {
    // A plane is a block of its own, whatever the channels: many of them say nothing more.
    if (shape.channels > 1 &&
        (shape.layout == VolumeLayout::ChannelsFirst || shape.negative_slope != 0)) {
      continue;
    }
    InstanceNormCase<double> expected(shape);
    expected.run_reference();
    InstanceNormCase<float> c(shape);
    run_on_device(c);
    // Two voxels can lie close together: then the mean's last bit counts.
    EXPECT_LE(relative_l2(c.y, expected.y), shape.voxels > 2 ? 2e-6 : 1e-5) << in_words(shape);
    // Two voxels: n(x) is +-1 whatever x is, and the gradient what rounding leaves of nothing.
    if (shape.voxels > 2) {
      EXPECT_LE(relative_l2(c.grad_residual, expected.grad_residual), 1e-5) << in_words(shape);
      EXPECT_LE(relative_l2(c.grad_x, expected.grad_x), 1e-5) << in_words(shape);
    }
  }
}

TEST(InstanceNormCuda, GivesTheSameBitsInEveryOrderOfExecutionAndAtAnyBatchSize) {
  for (InstanceNormShape shape : instance_norm_shapes({1201}, {20})) {
    if (shape.negative_slope != 0) {
      continue;
    }
    InstanceNormCase<float> first(shape);
    run_on_device(first);
    InstanceNormCase<double> expected(shape);
    expected.run_reference();
    EXPECT_LE(relative_l2(first.y, expected.y), 2e-6) << in_words(shape);
    EXPECT_LE(relative_l2(first.grad_x, expected.grad_x), 1e-5) << in_words(shape);
    for (const std::uint64_t schedule : test_schedules()) {
      use_schedule(schedule);
      InstanceNormCase<float> again(shape);
      run_on_device(again);
      EXPECT_EQ(again.y, first.y) << in_words(shape) << ", seed " << schedule;
      EXPECT_EQ(again.grad_x, first.grad_x) << in_words(shape) << ", seed " << schedule;
      EXPECT_EQ(again.grad_residual, first.grad_residual) << in_words(shape);
    }
    shape.batch = 1;
    InstanceNormCase<float> alone(shape);
    run_on_device(alone);
    first.y.resize(alone.y.size());
    first.grad_x.resize(alone.grad_x.size());
    EXPECT_EQ(alone.y, first.y) << in_words(shape);
    EXPECT_EQ(alone.grad_x, first.grad_x) << in_words(shape);
  }
}

/// Inputs that V can hold, results rounded to it once.
template <typename V>
void expect_rounded_once() {
  for (const InstanceNormShape& shape : instance_norm_shapes({33, 1201}, {1, 20})) {
    if (shape.negative_slope == 1) {
      continue;
    }
    InstanceNormCase<double> expected(shape);
    InstanceNormCase<float> c(shape);
    for (std::vector<double>* volume : {&expected.x, &expected.residual, &expected.grad_y}) {
      round_to<V>(*volume);
    }
    expected.run_reference();
    run_on_device<V>(c);
    EXPECT_LE(relative_l2(c.y, expected.y), rounding_of<V>()) << in_words(shape);
    EXPECT_LE(relative_l2(c.grad_x, expected.grad_x), rounding_of<V>()) << in_words(shape);
    EXPECT_LE(relative_l2(c.grad_residual, expected.grad_residual), rounding_of<V>())
        << in_words(shape);
    InstanceNormCase<float> again(shape);
    use_schedule(test_schedules().back());
    run_on_device<V>(again);
    EXPECT_EQ(again.y, c.y) << in_words(shape);
    EXPECT_EQ(again.grad_x, c.grad_x) << in_words(shape);
  }
}

TEST(InstanceNormCuda, ComputesInFloat32WhereVolumesAreNarrow) {
  expect_rounded_once<Float16>();
  expect_rounded_once<BFloat16>();
}

TEST(InstanceNormCuda, KeepsNanInItsChannelOfItsSample) {
  for (const InstanceNormShape& shape : instance_norm_shapes({129}, {3})) {
    InstanceNormCase<float> c(shape);
    c.x[2] = std::numeric_limits<float>::quiet_NaN();
    run_on_device(c);
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

TEST(InstanceNormCuda, OfNothingLaunchesNothing) {
  InstanceNormCase<float> c({.batch = 1, .channels = 3, .voxels = 0});
  run_on_device(c);
  EXPECT_TRUE(c.y.empty());
}

}  // namespace
}  // namespace yates::kernels
