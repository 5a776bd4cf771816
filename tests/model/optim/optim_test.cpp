// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "model/optim/grad_clip.hpp"
#include "model/optim/poly_schedule.hpp"
#include "model/optim/sgd.hpp"
#include "tests/support/golden_network.hpp"

namespace yates::model {
namespace {

using namespace yates::testing;  // NOLINT(google-build-using-namespace)

TEST(GlobalNorm, BitsDoNotDependOnTheThreadCount) {
  const std::int64_t sizes[] = {0, 1, 7, 16384, 16385, 300001};
  std::vector<at::Tensor> gradients = {at::Tensor()};
  for (const std::int64_t size : sizes) {
    gradients.push_back(tensor_of(formula_image("g", size, 1.0), {size}, at::kFloat));
  }
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const double one = global_norm(gradients);
  at::set_num_threads(3);
  const double three = global_norm(gradients);
  at::set_num_threads(threads);
  EXPECT_EQ(one, three);
  EXPECT_NEAR(one, std::sqrt((1.0 + 7 + 16384 + 16385 + 300001) / 3), 0.01 * one);
}

TEST(GlobalNorm, NanAndInfinityAreSeen) {
  const std::vector<at::Tensor> nan = {
      tensor_of(std::vector<float>{1, std::nanf("")}, {2}, at::kFloat)};
  EXPECT_TRUE(std::isnan(global_norm(nan)));
  EXPECT_EQ(global_norm(std::vector<at::Tensor>{}), 0.0);
}

TEST(ClipFactor, ActsOnlyAboveTheClip) {
  EXPECT_EQ(clip_factor(3.0, 12.0), 1.0);
  EXPECT_DOUBLE_EQ(clip_factor(24.0, 12.0), 12.0 / (24.0 + 1e-6));
  EXPECT_EQ(clip_factor(1e9, 0.0), 1.0);
}

TEST(PolySchedule, StartsAtLrAndEndsAboveZero) {
  EXPECT_EQ(poly_learning_rate(0.01, 0.9, 0, 75000), 0.01);
  EXPECT_NEAR(poly_learning_rate(0.01, 0.9, 50, 100), 0.01 * std::pow(0.5, 0.9), 1e-18);
  EXPECT_GT(poly_learning_rate(0.01, 0.9, 74999, 75000), 0.0);
}

TEST(Sgd, TwoNesterovStepsByHand) {
  const at::Tensor p = tensor_of(std::vector<double>{2.0}, {1}, at::kDouble);
  const at::Tensor v = at::zeros({1}, p.options());
  const SgdStep step{.lr = 0.1, .momentum = 0.5, .weight_decay = 0.25, .gradient_scale = 0.5};
  sgd_update(p, tensor_of(std::vector<double>{1.0}, {1}, at::kDouble), v, step);
  // g = 0.5 + 0.5 = 1, v = 1, p = 2 - 0.1 (1 + 0.5)
  EXPECT_DOUBLE_EQ(v.item<double>(), 1.0);
  EXPECT_DOUBLE_EQ(p.item<double>(), 1.85);
  sgd_update(p, at::Tensor(), v, step);
  // g = 0.4625, v = 0.9625, p = 1.85 - 0.1 (0.4625 + 0.48125)
  EXPECT_DOUBLE_EQ(v.item<double>(), 0.9625);
  EXPECT_DOUBLE_EQ(p.item<double>(), 1.755625);
}

}  // namespace
}  // namespace yates::model
