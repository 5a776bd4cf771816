// SPDX-License-Identifier: Apache-2.0
#include "kernels/optim/sgd_torch.hpp"

#include <vector>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
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

TEST(SgdTorch, RefusesTriplesThatDoNotFit) {
  const at::Tensor p = at::zeros({4});
  EXPECT_THROW(sgd_update(std::vector<SgdTriple>{{p, {}, at::zeros({5})}}, kStep), c10::Error);
  EXPECT_THROW(
      sgd_update(std::vector<SgdTriple>{{p, at::zeros({4}, at::kDouble), at::zeros({4})}}, kStep),
      c10::Error);
}

}  // namespace
}  // namespace yates::kernels
