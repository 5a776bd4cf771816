// SPDX-License-Identifier: Apache-2.0
#include "model/optim/device_update.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include "model/optim/grad_clip.hpp"
#include "model/optim/loss_scale.hpp"
#include "model/optim/sgd.hpp"
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

/// Parameters, gradients and velocities by formula.
UpdatedTensors tensors_by_formula(double gradient_scale) {
  UpdatedTensors tensors;
  for (const std::int64_t size : {1, 33, 2000}) {
    const std::string name = std::to_string(size);
    tensors.parameters.push_back(tensor_of(formula_image("p" + name, size, 1), {size}, at::kFloat));
    tensors.gradients.push_back(
        tensor_of(formula_image("g" + name, size, gradient_scale), {size}, at::kFloat));
    tensors.velocities.push_back(tensor_of(formula_image("v" + name, size, 2), {size}, at::kFloat));
  }
  return tensors;
}

TEST(DeviceSgd, EqualsTheUpdateOfTheHost) {
  for (const double clip : {12.0, 1000.0, 0.0}) {
    const double scale = 1024;
    const UpdatedTensors host = tensors_by_formula(1);
    const double norm = global_norm(host.gradients);
    for (std::size_t i = 0; i < host.parameters.size(); ++i) {
      sgd_update(host.parameters[i],
                 host.gradients[i],
                 host.velocities[i],
                 {.gradient_scale = clip_factor(norm, clip)});
    }
    const UpdatedTensors device = tensors_by_formula(scale);
    const at::Tensor scale_tensor = at::full({}, scale, at::kFloat);
    const at::Tensor device_norm = unscaled_norm(device.gradients, scale_tensor);
    EXPECT_NEAR(device_norm.item<double>(), norm, 1e-6 * norm);
    device_sgd_update(
        device, {.clip_norm = clip}, device_norm, scale_tensor, at::zeros({}, at::kFloat));
    for (std::size_t i = 0; i < host.parameters.size(); ++i) {
      EXPECT_LE(relative_absmax(device.parameters[i], host.parameters[i]), 1e-6) << clip;
      EXPECT_LE(relative_absmax(device.velocities[i], host.velocities[i]), 1e-6) << clip;
    }
  }
}

TEST(DeviceSgd, ChangesNothingInASkippedStep) {
  const UpdatedTensors before = tensors_by_formula(1);
  const UpdatedTensors tensors = tensors_by_formula(1);
  tensors.gradients[1].fill_(std::nan(""));
  const at::Tensor one = at::ones({}, at::kFloat);
  const at::Tensor norm = unscaled_norm(tensors.gradients, one);
  EXPECT_TRUE(std::isnan(norm.item<double>()));
  device_sgd_update(tensors, {}, norm, one, one);
  for (std::size_t i = 0; i < before.parameters.size(); ++i) {
    EXPECT_TRUE(tensors.parameters[i].equal(before.parameters[i]));
    EXPECT_TRUE(tensors.velocities[i].equal(before.velocities[i]));
  }
}

}  // namespace
}  // namespace yates::model
