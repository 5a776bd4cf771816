// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/verdict.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace yates::study {
namespace {

Estimate make(double estimate, double se, double df) {
  return {.method = Method::PerSeedT, .estimate = estimate, .se = se, .df = df, .n = 5};
}

// The examples of R's package equivalence.
TEST(Verdict, EquivalenceTestHasThePublishedValues) {
  EXPECT_NEAR(equivalence_p(make(.164666667, .135751407, 14), .6), .00316688, 5e-9);
  EXPECT_NEAR(equivalence_p(make(.562666667, .247827641, 14), .6), .44120346, 1e-7);
  EXPECT_NEAR(equivalence_p(make(.562666667, .21498719, 24.11), .6), .43179368, 5e-7);
}

TEST(Verdict, MeansBetterOrWorseNeverMerelyLarger) {
  EXPECT_EQ(verdict(make(3, 1, 10), .05, {}, true), Verdict::Positive);
  EXPECT_EQ(verdict(make(3, 1, 10), .05, {}, false), Verdict::Negative);
  EXPECT_EQ(verdict(make(-3, 1, 10), .05, {}, false), Verdict::Positive);
}

TEST(Verdict, EquivalentNeedsAMarginAndATest) {
  EXPECT_EQ(verdict(make(0.1, 0.2, 10), .05, 1.0, true), Verdict::Equivalent);
  EXPECT_EQ(verdict(make(0.1, 0.2, 10), .05, {}, true), Verdict::Inconclusive);
  EXPECT_EQ(verdict(make(0.1, 2.0, 10), .05, 1.0, true), Verdict::Inconclusive);
}

TEST(Verdict, WithoutAnIntervalNothingIsConcluded) {
  const Estimate single{.estimate = 2.92, .n = 1};
  EXPECT_EQ(verdict(single, .05, 1.0, true), Verdict::Inconclusive);
}

TEST(Verdict, NoVariationAtAll) {
  EXPECT_EQ(two_sided_p(make(1, 0, 4)), 0);
  EXPECT_EQ(two_sided_p(make(0, 0, 4)), 1);
  EXPECT_EQ(verdict(make(0, 0, 4), .05, 1.0, true), Verdict::Equivalent);
}

}  // namespace
}  // namespace yates::study
