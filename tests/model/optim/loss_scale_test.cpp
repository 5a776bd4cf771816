// SPDX-License-Identifier: Apache-2.0
#include "model/optim/loss_scale.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include "tests/support/golden_network.hpp"

namespace yates::model {
namespace {

using namespace yates::testing;  // NOLINT(google-build-using-namespace)

constexpr double kInf = std::numeric_limits<double>::infinity();

/// Judges one step whose norm is `value`; whether it was skipped.
bool skips(const LossScale& scale, double value) {
  return scale.judge(at::full({}, value, at::kFloat)).item<float>() == 1.0F;
}

void set_state(const LossScale& scale, std::vector<float> values) {
  scale.state().copy_(tensor_of(values, {4}, at::kFloat));
}

TEST(LossScale, HalvesAfterAnOverflowAndCountsIt) {
  const LossScale scale(at::kCPU, true);
  EXPECT_FALSE(skips(scale, 3.0));
  EXPECT_TRUE(skips(scale, kInf));
  EXPECT_TRUE(skips(scale, std::nan("")));
  const LossScaleReading reading = LossScale::read(scale.state());
  EXPECT_EQ(reading.scale, 65536.0 / 4);
  EXPECT_EQ(reading.skipped, 2);
  EXPECT_FALSE(reading.stopped);
  EXPECT_FALSE(skips(scale, 1.0));
}

TEST(LossScale, DoublesAfterTwoThousandGoodStepsInARow) {
  const LossScale scale(at::kCPU, true);
  set_state(scale, {1024, 1998, 7, 0});
  EXPECT_FALSE(skips(scale, 1.0));
  EXPECT_EQ(LossScale::read(scale.state()).scale, 1024);
  EXPECT_FALSE(skips(scale, 1.0));
  EXPECT_EQ(LossScale::read(scale.state()).scale, 2048);
  EXPECT_EQ(scale.state()[1].item<float>(), 0.0F);
  set_state(scale, {1024, 1999, 7, 0});
  EXPECT_TRUE(skips(scale, kInf));
  EXPECT_EQ(LossScale::read(scale.state()).scale, 512);
  EXPECT_EQ(scale.state()[1].item<float>(), 0.0F);
  set_state(scale, {static_cast<float>(LossScale::kLargest), 1999, 7, 0});
  EXPECT_FALSE(skips(scale, 1.0));
  EXPECT_EQ(LossScale::read(scale.state()).scale, LossScale::kLargest);
}

TEST(LossScale, StopsForGoodWhereNoSmallerScaleWouldHelp) {
  const LossScale scale(at::kCPU, true);
  set_state(scale, {1, 5, 16, 0});
  EXPECT_TRUE(skips(scale, kInf));
  EXPECT_TRUE(LossScale::read(scale.state()).stopped);
  EXPECT_EQ(LossScale::read(scale.state()).skipped, 16);
  EXPECT_TRUE(skips(scale, 1.0));
  EXPECT_EQ(LossScale::read(scale.state()).scale, 1.0);
}

TEST(LossScale, WithoutScalingTheFirstOverflowStops) {
  const LossScale scale(at::kCPU, false);
  for (int step = 0; step < 3; ++step) {
    EXPECT_FALSE(skips(scale, 1.0));
  }
  EXPECT_EQ(LossScale::read(scale.state()).scale, 1.0);
  EXPECT_TRUE(skips(scale, kInf));
  EXPECT_TRUE(skips(scale, 1.0));
  EXPECT_TRUE(LossScale::read(scale.state()).stopped);
}

TEST(LossScale, ScalesTheGradientWithTheLoss) {
  const LossScale scale(at::kCPU, true);
  const at::Tensor p = at::ones({3}).set_requires_grad(true);
  scale.scaled(p.sum()).backward();
  EXPECT_TRUE(p.grad().equal(at::full({3}, 65536.0)));
}

}  // namespace
}  // namespace yates::model
