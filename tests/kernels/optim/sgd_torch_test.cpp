// SPDX-License-Identifier: Apache-2.0
#include "kernels/optim/sgd_torch.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace yates::kernels {
namespace {

constexpr SgdStep kStep{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.25, .gradient_scale = 0.5};

double distance(const at::Tensor& actual, const at::Tensor& expected) {
  return ((actual - expected).norm() / expected.norm()).item<double>();
}

TEST(SgdTorch, EqualsTheFormulaInBothTypesWithAndWithoutGradient) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const double tolerance = type == at::kFloat ? 1e-6 : 1e-14;
    std::vector<SgdTriple> triples;
    std::vector<at::Tensor> parameters;
    std::vector<at::Tensor> velocities;
    for (const bool has_gradient : {true, false, true}) {
      const at::Tensor p = at::randn({3, 50, 129}, type);
      const at::Tensor v = at::randn({3, 50, 129}, type);
      // Gradients may come in any strides.
      const at::Tensor g = at::randn({129, 50, 3}, type).transpose(0, 2);
      const at::Tensor decayed = (has_gradient ? g * 0.5 : at::zeros_like(p)) + p * 0.25;
      velocities.push_back(v * 0.9 + decayed);
      parameters.push_back(p - (decayed + velocities.back() * 0.9) * 0.1);
      triples.push_back({p, has_gradient ? g : at::Tensor(), v});
    }
    sgd_update(triples, kStep);
    for (std::size_t i = 0; i < triples.size(); ++i) {
      EXPECT_LE(distance(triples[i].parameter, parameters[i]), tolerance);
      EXPECT_LE(distance(triples[i].velocity, velocities[i]), tolerance);
    }
  }
}

TEST(SgdTorch, SquareSumHasTheSameBitsForEveryThreadCount) {
  const std::vector<at::Tensor> gradients = {
      at::randn({300001}), at::Tensor(), at::randn({7, 5}).t(), at::randn({2}, at::kDouble)};
  const double expected =
      (gradients[0].to(at::kDouble).square().sum() + gradients[2].to(at::kDouble).square().sum() +
       gradients[3].square().sum())
          .item<double>();
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const double one = square_sum(gradients);
  at::set_num_threads(3);
  const double three = square_sum(gradients);
  at::set_num_threads(threads);
  EXPECT_EQ(one, three);
  EXPECT_NEAR(one, expected, 1e-12 * expected);
}

/// Norm and update with the numbers in tensors; the norm.
double update(const SgdTriple& triple, double clip_norm, double skip) {
  const at::Tensor scale = at::full({}, 4.0, at::kFloat);
  const at::Tensor norm = gradient_norm({&triple.gradient, 1}, scale);
  sgd_update({&triple, 1},
             kStep,
             clip_norm,
             {.norm = norm, .loss_scale = scale, .skip = at::full({}, skip, at::kFloat)});
  return norm.item<double>();
}

TEST(SgdTorch, WithAVerdictClipsTheUnscaledNorm) {
  const at::Tensor gradient = at::randn({300});
  const double norm = gradient.norm().item<double>() / 4;
  for (const double clip : {0.0, norm / 2, 2 * norm}) {
    const SgdTriple expected{at::ones({300}), gradient, at::zeros({300})};
    SgdStep step = kStep;
    step.gradient_scale *= clip_factor(norm, clip) / 4;
    sgd_update({&expected, 1}, step);
    const SgdTriple triple{at::ones({300}), gradient, at::zeros({300})};
    EXPECT_NEAR(update(triple, clip, 0), norm, 1e-6 * norm);
    EXPECT_LE(distance(triple.parameter, expected.parameter), 1e-6);
    EXPECT_LE(distance(triple.velocity, expected.velocity), 1e-6);
  }
}

TEST(SgdTorch, AVerdictCanForbidTheUpdate) {
  const SgdTriple triple{at::ones({3}), at::ones({3}), at::zeros({3})};
  update(triple, 12, 1);
  triple.gradient.fill_(std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(std::isnan(update(triple, 12, 0)));
  EXPECT_TRUE(triple.parameter.equal(at::ones({3})));
  EXPECT_TRUE(triple.velocity.equal(at::zeros({3})));
}

TEST(SgdTorch, RefusesTriplesThatDoNotFit) {
  const at::Tensor p = at::zeros({4});
  EXPECT_THROW(sgd_update(std::vector<SgdTriple>{{p, {}, at::zeros({5})}}, kStep), c10::Error);
  EXPECT_THROW(
      sgd_update(std::vector<SgdTriple>{{p, at::zeros({4}, at::kDouble), at::zeros({4})}}, kStep),
      c10::Error);
}

}  // namespace
}  // namespace yates::kernels
