// SPDX-License-Identifier: Apache-2.0
#include "model/prune/token_scores.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/prune/neighbor_restore.hpp"
#include "tests/support/golden_network.hpp"

namespace yates::model {
namespace {

using namespace yates::testing;  // NOLINT(google-build-using-namespace)

at::Tensor doubles(const std::vector<double>& values, at::IntArrayRef shape) {
  return tensor_of(values, shape, at::kDouble);
}

// Tokens of norms 1, 3, 5 on a grid of 1 x 1 x 3: E = 0, 1/2, 1; F from 0.2, 0.6, 0.4: 0, 1, 1/2;
// P = e^-2, 1, e^-2 becomes 0, 1, 0.
TEST(FusedScores, FollowTable19ByHand) {
  const at::Tensor tokens = doubles({1, -3, 5}, {1, 3, 1});
  const at::Tensor f = doubles({0.2, 0.6, 0.4}, {1, 3});
  const std::vector<std::pair<std::string, std::vector<double>>> expected = {
      {"l2", {0, 0.5, 1}},
      {"r0", {0, 0.5, 1}},
      {"fce", {0, 1, 0.5}},
      {"r1", {0, 1, 0.5}},
      {"r2", {0, 1, 0}},
      {"r3", {0, 0.5, 0}},
      {"r4", {0, 0.5, 0.5}},
      {"r5", {0, 2.5 / 3, 0.5}}};
  for (const auto& [scorer, scores] : expected) {
    const at::Tensor actual = fused_scores(scorer, tokens, f, {1, 1, 3});
    EXPECT_LT(largest(actual - doubles(scores, {1, 3})), 1e-12) << scorer;
    EXPECT_FALSE(actual.requires_grad());
  }
}

TEST(FusedScores, AConstantTermScoresZeroAndNanStaysInItsSample) {
  const at::Tensor tokens = doubles({2, 2, 2, 1, std::nan(""), 3}, {2, 3, 1});
  const at::Tensor scores = fused_scores("l2", tokens, {}, {1, 1, 3});
  EXPECT_EQ(largest(scores[0]), 0.0);
  EXPECT_TRUE(scores[1].isnan().any().item<bool>());
  EXPECT_EQ(largest(fused_scores("r1", tokens, doubles({1, 1, 1, 1, 1, 1}, {2, 3}), {1, 1, 3})),
            0.0);
}

TEST(PositionalPrior, IsOneAtTheCentreAndFallsByTheSquare) {
  const at::Tensor prior = positional_prior({3, 5, 1});
  EXPECT_DOUBLE_EQ(prior[7].item<double>(), 1.0);
  EXPECT_DOUBLE_EQ(prior[0].item<double>(), std::exp(-4.0));
  EXPECT_DOUBLE_EQ(prior[6].item<double>(), std::exp(-0.5));
}

// Grid 1 x 1 x 5, kept 0 and 3: token 1 is 1 from the first and 2 from the second, token 2 the
// other way round, token 4 meets 3 alone.
TEST(NeighborRestore, WeighsByInverseDistanceByHand) {
  const at::Tensor rows = doubles({10, 40, 7}, {1, 3, 1});
  const at::Tensor kept = tensor_of(std::vector<std::int64_t>{0, 3}, {1, 2}, at::kLong);
  const at::Tensor y = neighbor_restore(rows, kept, {1, 1, 5});
  EXPECT_LT(largest(y - doubles({10, 20, 30, 40, 40}, {1, 5, 1})), 1e-12);
}

// Grid 2 x 2 x 2, kept 0 only: its three axis neighbours take it, the others the summary.
TEST(NeighborRestore, GivesTheSummaryWhereNoKeptTokenIsMet) {
  const at::Tensor rows = doubles({5, 9}, {1, 2, 1});
  const at::Tensor kept = tensor_of(std::vector<std::int64_t>{0}, {1, 1}, at::kLong);
  const at::Tensor y = neighbor_restore(rows, kept, {2, 2, 2});
  EXPECT_LT(largest(y - doubles({5, 5, 5, 9, 5, 9, 9, 9}, {1, 8, 1})), 1e-12);
}

TEST(NeighborRestore, ANanReachesOnlyWhoReadsIt) {
  const at::Tensor rows = doubles({std::nan(""), 40, 7}, {1, 3, 1});
  const at::Tensor kept = tensor_of(std::vector<std::int64_t>{0, 3}, {1, 2}, at::kLong);
  const at::Tensor y = neighbor_restore(rows, kept, {1, 1, 5}).isnan();
  EXPECT_TRUE(y.flatten().equal(
      tensor_of(std::vector<std::int64_t>{1, 1, 1, 0, 0}, {5}, at::kLong).to(at::kBool)));
}

}  // namespace
}  // namespace yates::model
