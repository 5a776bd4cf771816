// SPDX-License-Identifier: Apache-2.0
#include "kernels/squeeze/squeeze_excite_cuda.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/simt/device.hpp"
#include "tests/kernels/squeeze/squeeze_excite_case.hpp"
#include "tests/support/golden_tensors.hpp"
#include "tests/support/narrow_values.hpp"

namespace yates::kernels {
namespace {

using testing::in_words;
using testing::narrow;
using testing::relative_l2;
using testing::round_to;
using testing::rounding_of;
using testing::run_reference;
using testing::squeeze_excite_shapes;
using testing::SqueezeExciteCase;
using testing::widen;

/// Device copies of four arrays.
struct Four {
  DeviceArray<float> a, b, c, d;
  explicit Four(const std::array<std::vector<float>, 4>& values)
      : a(values[0]), b(values[1]), c(values[2]), d(values[3]) {}
};

/// Forward and backward on the device, with volumes stored as V.
template <typename V = float>
void run_on_device(SqueezeExciteCase<float>& c) {
  const DeviceArray<V> first(narrow<V>(c.terms[0]));
  const DeviceArray<V> second(narrow<V>(c.terms[1]));
  const DeviceArray<V> third(narrow<V>(c.terms[2]));
  const DeviceArray<V> grad_y(narrow<V>(c.grad_y));
  const Four weights(c.weights);
  Four kept(c.kept);
  Four grads(c.grad_weights);
  DeviceArray<V> sum(c.y.size());
  DeviceArray<V> y(c.y.size());
  DeviceArray<V> grad_term(c.y.size());
  DeviceArray<float> workspace(static_cast<std::size_t>(squeeze_excite_cuda_workspace(c.shape)));
  const SqueezeExciteInputs<float, V> inputs{
      .terms = {first.data(), second.data(), third.data()},
      .weights = {weights.a.data(), weights.b.data(), weights.c.data(), weights.d.data()}};
  const SqueezeExciteKept<float, V> pointers{
      sum.data(), kept.b.data(), kept.c.data(), kept.d.data()};
  squeeze_excite_forward_cuda<V>(c.shape, inputs, pointers, y.data(), workspace.data(), nullptr);
  squeeze_excite_backward_cuda<V>(
      c.shape,
      inputs,
      pointers,
      grad_y.data(),
      {grad_term.data(), grads.a.data(), grads.b.data(), grads.c.data(), grads.d.data()},
      workspace.data(),
      nullptr);
  c.y = widen(y.host());
  c.grad_term = widen(grad_term.host());
  c.grad_weights = {grads.a.host(), grads.b.host(), grads.c.host(), grads.d.host()};
}

TEST(SqueezeExciteCuda, EqualsTheReferenceAtAwkwardSizes) {
  for (const SqueezeExciteShape& shape : squeeze_excite_shapes({1, 2, 31, 33, 129}, {1, 24, 260})) {
    // A plane is a block of its own, whatever the channels: many of them say nothing more.
    if (shape.channels > 24 && shape.layout == VolumeLayout::ChannelsFirst) {
      continue;
    }
    SqueezeExciteCase<double> expected(shape);
    run_reference(expected);
    SqueezeExciteCase<float> c(shape);
    run_on_device(c);
    SCOPED_TRACE(in_words(shape));
    EXPECT_LE(relative_l2(c.y, expected.y), 2e-6);
    EXPECT_LE(relative_l2(c.grad_term, expected.grad_term), 1e-5);
    for (std::size_t i = 0; i < c.grad_weights.size(); ++i) {
      // A sum over the voxels of terms of both signs.
      EXPECT_LE(relative_l2(c.grad_weights[i], expected.grad_weights[i]), 5e-5) << i;
    }
  }
}

TEST(SqueezeExciteCuda, GivesTheSameBitsInEveryOrderOfExecutionAndAtAnyBatchSize) {
  for (SqueezeExciteShape shape : squeeze_excite_shapes({1201}, {20})) {
    SqueezeExciteCase<float> first(shape);
    run_on_device(first);
    for (const std::uint64_t schedule : test_schedules()) {
      use_schedule(schedule);
      SqueezeExciteCase<float> again(shape);
      run_on_device(again);
      EXPECT_EQ(again.y, first.y) << in_words(shape) << ", seed " << schedule;
      EXPECT_EQ(again.grad_term, first.grad_term) << in_words(shape) << ", seed " << schedule;
      EXPECT_EQ(again.grad_weights, first.grad_weights) << in_words(shape);
    }
    shape.batch = 1;
    SqueezeExciteCase<float> alone(shape);
    run_on_device(alone);
    first.y.resize(alone.y.size());
    first.grad_term.resize(alone.grad_term.size());
    EXPECT_EQ(alone.y, first.y) << in_words(shape);
    EXPECT_EQ(alone.grad_term, first.grad_term) << in_words(shape);
  }
}

/// Inputs that V can hold; the sum of several terms is rounded to V too.
template <typename V>
void expect_rounded_once() {
  for (const SqueezeExciteShape& shape : squeeze_excite_shapes({33, 1201}, {1, 20})) {
    SqueezeExciteCase<double> expected(shape);
    for (std::vector<double>& term : expected.terms) {
      round_to<V>(term);
    }
    round_to<V>(expected.grad_y);
    run_reference(expected);
    SqueezeExciteCase<float> c(shape);
    run_on_device<V>(c);
    SCOPED_TRACE(in_words(shape));
    const double rounding = rounding_of<V>();
    EXPECT_LE(relative_l2(c.y, expected.y), (shape.terms > 1 ? 2 : 1) * rounding);
    EXPECT_LE(relative_l2(c.grad_term, expected.grad_term), 2 * rounding);
    for (std::size_t i = 0; i < c.grad_weights.size(); ++i) {
      // A sum over the voxels of terms of both signs.
      EXPECT_LE(relative_l2(c.grad_weights[i], expected.grad_weights[i]), 10 * rounding) << i;
    }
    SqueezeExciteCase<float> again(shape);
    use_schedule(test_schedules().back());
    run_on_device<V>(again);
    EXPECT_EQ(again.y, c.y);
    EXPECT_EQ(again.grad_term, c.grad_term);
    EXPECT_EQ(again.grad_weights, c.grad_weights);
  }
}

TEST(SqueezeExciteCuda, ComputesInFloat32WhereVolumesAreNarrow) {
  expect_rounded_once<Float16>();
  expect_rounded_once<BFloat16>();
}

TEST(SqueezeExciteCuda, KeepsNanInItsSample) {
  for (const SqueezeExciteShape& shape : squeeze_excite_shapes({33}, {8})) {
    SqueezeExciteCase<float> c(shape);
    c.terms[0][2] = std::numeric_limits<float>::quiet_NaN();
    run_on_device(c);
    for (std::size_t i = 0; i < c.y.size(); ++i) {
      ASSERT_EQ(std::isnan(c.y[i]), i < 8 * 33) << in_words(shape) << ", " << i;
    }
  }
}

}  // namespace
}  // namespace yates::kernels
