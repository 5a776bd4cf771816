// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/sequential.hpp"

#include <gtest/gtest.h>

namespace yates::study {
namespace {

TEST(Sequential, SpendingEndsAtAlpha) {
  EXPECT_NEAR(spent_alpha("obf", .05, 1), .05, 1e-12);
  EXPECT_NEAR(spent_alpha("pocock", .05, 1), .05, 1e-12);
  EXPECT_LT(spent_alpha("obf", .05, .5), spent_alpha("pocock", .05, .5));
}

// One-sample t, looks at 4, 6, 8, 10, 12 seeds, O'Brien-Fleming spending: 14.5 4.77 3.31 2.74 2.42.
TEST(Sequential, BoundsOfThePlannedStudy) {
  const SequentialPlan plan{.spending = "obf", .looks = {4, 6, 8, 10, 12}};
  const auto bounds = sequential_bounds(plan, .05, 200000);
  ASSERT_EQ(bounds.size(), 5U);
  EXPECT_NEAR(bounds[0], 14.5, 2.5);
  EXPECT_NEAR(bounds[1], 4.77, .15);
  EXPECT_NEAR(bounds[2], 3.31, .06);
  EXPECT_NEAR(bounds[3], 2.74, .04);
  EXPECT_NEAR(bounds[4], 2.42, .03);
}

TEST(Sequential, OneLookIsTheOrdinaryTest) {
  const auto bounds = sequential_bounds({.spending = "obf", .looks = {5}}, .05, 200000);
  EXPECT_NEAR(bounds[0], 2.776, .03);
}

TEST(Sequential, LooksStopAtTheFirstCrossing) {
  const SequentialPlan plan{.spending = "obf", .looks = {3, 4, 5}, .futility = .2};
  const std::vector<double> bounds = {10, 4, 2.8};
  const auto found = evaluate_looks(plan, bounds, {3.0, 3.1, 2.9, 3.05, 3.0}, 1.0);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].decision, "stop: effect");
  const auto waiting = evaluate_looks(plan, bounds, {3.0, -1.0, 2.0}, 5.0);
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_EQ(waiting[0].decision, "continue");
  const auto hopeless = evaluate_looks(plan, bounds, {1.0, -1.1, 0.2, -.1}, .1);
  ASSERT_EQ(hopeless.size(), 2U);
  EXPECT_EQ(hopeless[1].decision, "stop: futility");
  const auto end = evaluate_looks(plan, bounds, {1.0, -1.1, 0.2, -.1, .3}, 0);
  EXPECT_EQ(end.back().decision, "end: no effect shown");
}

}  // namespace
}  // namespace yates::study
