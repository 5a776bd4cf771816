// SPDX-License-Identifier: Apache-2.0
#include "model/prune/token_selection.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "model/prune/row_permutation.hpp"
#include "model/prune/token_scores.hpp"
#include "tests/support/golden_network.hpp"

namespace yates::model {
namespace {

using namespace yates::testing;  // NOLINT(google-build-using-namespace)

at::Tensor row(const std::vector<double>& values) {
  return tensor_of(values, {1, static_cast<std::int64_t>(values.size())}, at::kDouble);
}

at::Tensor indices(const std::vector<std::int64_t>& values) {
  return tensor_of(values, {1, static_cast<std::int64_t>(values.size())}, at::kLong);
}

TEST(TokenSelection, TiesAndNanFollowTheRule) {
  const double nan = std::nan("");
  const TokenSelection mask = select_tokens(row({nan, 0.5, 0.0, 0.5, 0.5, nan}), 0.5);
  EXPECT_TRUE(mask.kept.equal(indices({1, 3, 4})));
  EXPECT_TRUE(mask.dropped.equal(indices({0, 2, 5})));
  EXPECT_TRUE(select_tokens(row({nan, nan, nan}), 0.4).kept.equal(indices({0, 1})));
  EXPECT_TRUE(select_tokens(row({1.0}), 0.1).kept.equal(indices({0})));
}

TEST(TokenSelection, EqualNormsScoreZero) {
  const at::Tensor tokens = at::zeros({2, 5, 3}, at::TensorOptions().dtype(at::kFloat)) + 2.0;
  EXPECT_EQ(largest(energy_scores(tokens)), 0.0);
}

TEST(PermuteRows, GradientMovesBack) {
  const at::Tensor x =
      tensor_of(formula_image("x", 2 * 3 * 2, 1.0), {2, 3, 2}, at::kDouble).set_requires_grad(true);
  const std::vector<std::int64_t> order = {2, 0, 1, 1, 2, 0};
  const at::Tensor permutation = tensor_of(order, {2, 3}, at::kLong);
  const at::Tensor y = permute_rows(x, permutation);
  EXPECT_TRUE(y[0][0].equal(x[0][2]));
  EXPECT_TRUE(y[1][2].equal(x[1][0]));
  y.backward(y.detach());
  EXPECT_TRUE(x.grad().equal(x));
}

}  // namespace
}  // namespace yates::model
