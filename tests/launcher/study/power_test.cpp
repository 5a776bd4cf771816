// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/power.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "launcher/study/distributions.hpp"

namespace yates::study {
namespace {

TEST(Power, ReproducesThePublishedTables) {
  // Two samples of n per group: shift d sqrt(n / 2), df 2n - 2.
  EXPECT_NEAR(t_test_power(.5 * std::sqrt(64 / 2.0), 126, .05), .8014596, 5e-8);
  EXPECT_NEAR(t_test_power(.5 * std::sqrt(63 / 2.0), 124, .05), .7951683, 5e-8);
  // Paired: shift d sqrt(n), df n - 1.
  EXPECT_NEAR(t_test_power(.5 * std::sqrt(34.0), 33, .05), .8077775, 5e-8);
  EXPECT_NEAR(t_test_power(.5 * std::sqrt(33.0), 32, .05), .7953658, 5e-8);
  EXPECT_NEAR(t_test_power(1, 3, .05), .11127492, 5e-9);
  EXPECT_NEAR(t_test_power(2, 6, .05), .39106067, 5e-9);
  EXPECT_NEAR(t_test_power(3, 12, .05), .78628768, 5e-9);
  EXPECT_NEAR(t_test_power(2.5, 28, .05), .67494751, 5e-9);
  EXPECT_NEAR(t_test_power(.05, 2, .05), .05011577, 5e-9);
  EXPECT_NEAR(t_test_power(1.0 * std::sqrt(17 / 2.0), 32, .05), .8070367, 5e-8);
}

TEST(Power, TwoRoutesThroughBoostAgree) {
  for (const double shift : {.05, 1.0, 2.5, 6.0}) {
    const double t = t_quantile(.975, 9);
    EXPECT_NEAR(t_test_power(shift, 9, .05), noncentral_f_upper(t * t, 1, 9, shift * shift), 1e-9);
  }
}

struct Row {
  double sigma;
  std::int64_t pooled4, pooled8, blocked, per_seed;
  std::int64_t pooled4_90, pooled8_90, blocked_90, per_seed_90;
};

TEST(Power, SeedsNeededForThePapersInteraction) {
  const Row rows[] = {{0.5, 2, 2, 3, 4, 3, 2, 3, 4},
                      {1.0, 5, 5, 5, 6, 6, 6, 6, 8},
                      {1.387, 8, 8, 8, 10, 11, 10, 11, 12},
                      {2.0, 16, 15, 16, 17, 21, 20, 21, 22},
                      {2.717, 28, 28, 28, 30, 37, 37, 38, 39},
                      {5.0, 93, 93, 93, 94, 124, 124, 124, 126}};
  const ReplicationPlan pooled4{.method = Method::Pooled, .cells = 4};
  const ReplicationPlan pooled8{.method = Method::Pooled, .cells = 8};
  const ReplicationPlan blocked{.method = Method::Blocked, .cells = 4};
  const ReplicationPlan per_seed{.method = Method::PerSeedT, .cells = 4};
  for (const Row& row : rows) {
    EXPECT_EQ(planned_seeds(pooled4, 2.92, row.sigma, .8), row.pooled4) << row.sigma;
    EXPECT_EQ(planned_seeds(pooled8, 2.92, row.sigma, .8), row.pooled8) << row.sigma;
    EXPECT_EQ(planned_seeds(blocked, 2.92, row.sigma, .8), row.blocked) << row.sigma;
    EXPECT_EQ(planned_seeds(per_seed, 2.92, row.sigma, .8), row.per_seed) << row.sigma;
    EXPECT_EQ(planned_seeds(pooled4, 2.92, row.sigma, .9), row.pooled4_90) << row.sigma;
    EXPECT_EQ(planned_seeds(pooled8, 2.92, row.sigma, .9), row.pooled8_90) << row.sigma;
    EXPECT_EQ(planned_seeds(blocked, 2.92, row.sigma, .9), row.blocked_90) << row.sigma;
    EXPECT_EQ(planned_seeds(per_seed, 2.92, row.sigma, .9), row.per_seed_90) << row.sigma;
  }
}

TEST(Power, SmallestDetectableInteractionOfEightCells) {
  const ReplicationPlan plan{.method = Method::Pooled, .cells = 8};
  const std::pair<std::int64_t, double> expected[] = {
      {2, 4.53}, {3, 3.45}, {4, 2.92}, {5, 2.58}, {6, 2.34}, {8, 2.02}, {10, 1.80}};
  for (const auto& [n, mde] : expected) {
    EXPECT_NEAR(planned_mde(plan, 1.0, .8, n), mde, 0.005) << n;
    EXPECT_NEAR(planned_power(plan, planned_mde(plan, 1.0, .8, n), 1.0, n), .8, 1e-9);
  }
}

TEST(Power, ASignificantResultOfAWeakStudyExaggerates) {
  const ReplicationPlan plan{.method = Method::Pooled, .cells = 8};
  const double se = 2.717 * std::sqrt(4.0 / 4);
  const SignSizeErrors errors = sign_size_errors(2.92, se, planned_df(plan, 4), .05);
  EXPECT_NEAR(errors.power, .18, .005);
  EXPECT_NEAR(errors.exaggeration, 2.3, .05);
  EXPECT_LT(errors.wrong_sign, .02);
}

TEST(Power, SeedsNeededToShowEquivalence) {
  const auto needed = [](double sigma) {
    for (std::int64_t n = 2;; ++n) {
      const auto seeds = static_cast<double>(n);
      if (equivalence_power(1.0, 2 * sigma / std::sqrt(seeds), 4 * (seeds - 1), .05) >= .8) {
        return n;
      }
    }
  };
  EXPECT_NEAR(static_cast<double>(needed(0.3)), 4, 1);
  EXPECT_NEAR(static_cast<double>(needed(0.5)), 9, 1);
  EXPECT_NEAR(static_cast<double>(needed(1.0)), 35, 1);
  EXPECT_NEAR(static_cast<double>(needed(1.39)), 67, 1);
}

}  // namespace
}  // namespace yates::study
