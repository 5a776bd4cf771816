// SPDX-License-Identifier: Apache-2.0
#include "kernels/loss/voxel_cross_entropy_torch.hpp"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace yates::kernels {
namespace {

at::Tensor gradient_of(const at::Tensor& loss, const at::Tensor& logits) {
  logits.mutable_grad() = at::Tensor();
  loss.backward();
  return logits.grad();
}

TEST(VoxelCrossEntropyTorch, EqualsTheFrameworksLossInBothTypes) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const double tolerance = type == at::kFloat ? 1e-6 : 1e-13;
    const at::Tensor labels = at::randint(4, {2, 3, 5, 7}, at::kLong);
    const at::Tensor logits = at::randn({2, 4, 3, 5, 7}, type).requires_grad_();
    const at::Tensor ours = voxel_cross_entropy(logits, labels);
    const at::Tensor theirs = at::cross_entropy_loss(logits, labels);
    EXPECT_NEAR(ours.item<double>(), theirs.item<double>(), tolerance);
    const at::Tensor grad = gradient_of(ours * 3, logits);
    const at::Tensor expected = gradient_of(theirs * 3, logits);
    EXPECT_LE((grad - expected).norm().item<double>(), tolerance * expected.norm().item<double>());
  }
}

TEST(VoxelCrossEntropyTorch, GivesTheSameBitsForEveryThreadCountAndWithoutGradient) {
  const at::Tensor labels = at::randint(4, {1, 24, 24, 24}, at::kLong);
  const at::Tensor logits = at::randn({1, 4, 24, 24, 24}).requires_grad_();
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor loss = voxel_cross_entropy(logits, labels);
  const at::Tensor grad = gradient_of(loss, logits);
  at::set_num_threads(2);
  const at::Tensor other = voxel_cross_entropy(logits, labels);
  EXPECT_TRUE(at::equal(other, loss));
  EXPECT_TRUE(at::equal(gradient_of(other, logits), grad));
  at::set_num_threads(threads);
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(at::equal(voxel_cross_entropy(logits, labels), loss));
}

TEST(VoxelCrossEntropyTorch, RefusesShapesThatDoNotFit) {
  const at::Tensor logits = at::randn({1, 4, 2, 2, 2});
  EXPECT_THROW(voxel_cross_entropy(logits, at::randint(4, {1, 2, 2, 3}, at::kLong)), c10::Error);
  EXPECT_THROW(voxel_cross_entropy(logits, at::randint(4, {1, 2, 2, 2}, at::kInt)), c10::Error);
}

}  // namespace
}  // namespace yates::kernels
