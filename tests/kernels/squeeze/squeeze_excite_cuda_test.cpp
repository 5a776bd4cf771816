// SPDX-License-Identifier: Apache-2.0
#include "kernels/squeeze/squeeze_excite_cuda.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/simt/device.hpp"
#include "kernels/squeeze/squeeze_excite_reference.hpp"
#include "tests/kernels/squeeze/squeeze_excite_case.hpp"
#include "tests/support/golden_tensors.hpp"

namespace yates::kernels {
namespace {

using testing::in_words;
using testing::relative_l2;
using testing::squeeze_excite_shapes;
using testing::SqueezeExciteCase;

/// Device copies of four arrays.
struct Four {
  DeviceArray<float> a, b, c, d;
  explicit Four(const std::array<std::vector<float>, 4>& values)
      : a(values[0]), b(values[1]), c(values[2]), d(values[3]) {}
};

/// Forward and backward on the device.
void run_on_device(SqueezeExciteCase<float>& c) {
  const DeviceArray<float> first(c.terms[0]);
  const DeviceArray<float> second(c.terms[1]);
  const DeviceArray<float> third(c.terms[2]);
  const DeviceArray<float> grad_y(c.grad_y);
  const Four weights(c.weights);
  Four kept(c.kept);
  Four grads(c.grad_weights);
  DeviceArray<float> y(c.y.size());
  DeviceArray<float> grad_term(c.y.size());
  DeviceArray<float> workspace(static_cast<std::size_t>(squeeze_excite_cuda_workspace(c.shape)));
  const SqueezeExciteInputs<float> inputs{
      .terms = {first.data(), second.data(), third.data()},
      .weights = {weights.a.data(), weights.b.data(), weights.c.data(), weights.d.data()}};
  const SqueezeExciteKept<float> pointers{
      kept.a.data(), kept.b.data(), kept.c.data(), kept.d.data()};
  squeeze_excite_forward_cuda(c.shape, inputs, pointers, y.data(), workspace.data(), nullptr);
  squeeze_excite_backward_cuda(
      c.shape,
      inputs,
      pointers,
      grad_y.data(),
      {grad_term.data(), grads.a.data(), grads.b.data(), grads.c.data(), grads.d.data()},
      workspace.data(),
      nullptr);
  c.y = y.host();
  c.grad_term = grad_term.host();
  c.grad_weights = {grads.a.host(), grads.b.host(), grads.c.host(), grads.d.host()};
}

TEST(SqueezeExciteCuda, EqualsTheReferenceAtAwkwardSizes) {
  for (const SqueezeExciteShape& shape : squeeze_excite_shapes({1, 2, 31, 33, 129}, {1, 24, 260})) {
    // A plane is a block of its own, whatever the channels: many of them say nothing more.
    if (shape.channels > 24 && shape.layout == VolumeLayout::ChannelsFirst) {
      continue;
    }
    SqueezeExciteCase<double> expected(shape);
    squeeze_excite_reference<double>(
        shape, expected.inputs(), expected.kept_pointers(), expected.y.data());
    squeeze_excite_backward_reference<double>(shape,
                                              expected.inputs(),
                                              expected.kept_pointers(),
                                              expected.grad_y.data(),
                                              expected.gradients());
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
