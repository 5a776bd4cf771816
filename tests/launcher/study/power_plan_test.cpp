// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/power_plan.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "launcher/study/cell_table.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

PowerQuestion question() {
  return {.contrast = "relocate:prune at width=32",
          .effect = 2.92,
          .method = "pooled",
          .own_cells = 4,
          .all_cells = 8,
          .squared_length = 4,
          .seeds = 4,
          .seed_days = 24,
          .budget_days = 96};
}

TEST(RunSigma, IntervalsOfThePaper) {
  const RunSigma pooled = *published_sigma("dice", Method::Pooled);
  EXPECT_NEAR(sigma_interval(pooled).low, 1.54, .005);
  EXPECT_NEAR(sigma_interval(pooled).high, 10.13, .005);
  EXPECT_NEAR(sigma_upper_bound(pooled), 4.69, .005);
  const RunSigma blocked = *published_sigma("dice", Method::PerSeedT);
  EXPECT_NEAR(sigma_interval(blocked).low, .72, .005);
  EXPECT_NEAR(sigma_interval(blocked).high, 8.72, .005);
  const RunSigma distance = *published_sigma("hd95_mm", Method::Pooled);
  EXPECT_NEAR(sigma_interval(distance).low, 4.32, .005);
  EXPECT_NEAR(sigma_interval(distance).high, 28.5, .06);
  EXPECT_FALSE(published_sigma("accuracy", Method::Pooled));
}

TEST(RunSigma, ShiftsOfSeedsLeaveTheErrorWithinSeeds) {
  const StudyData data = read_cell_table(
      parse_csv("a,b,seed,y\n-,-,1,10\n+,-,1,11\n-,+,1,12\n+,+,1,15\n-,-,2,21\n+,-,2,21\n-,+,2,22\n"
                "+,+,2,25\n-,-,3,30\n+,-,3,31.5\n-,+,3,32\n+,+,3,35.5\n",
                "t"),
      {.factors = {"a", "b"}, .responses = {"y"}});
  const RunTable table = data.table(data.responses[0]);
  const auto within = sigma_within_seeds(table, {0, 1, 2, 3});
  ASSERT_TRUE(within);
  EXPECT_EQ(within->df, 6);
  const auto blocked = blocked_t(table, parse_contrast(data.design, "a:b", {}));
  EXPECT_NEAR(blocked->se, within->value * std::sqrt(4.0 / 3), 1e-12);
  const auto cells = sigma_within_cells(table, {0, 1, 2, 3});
  EXPECT_EQ(cells->df, 8);
  EXPECT_GT(cells->value, 9);
  EXPECT_FALSE(sigma_within_seeds(table, {0}));
}

TEST(PowerPlan, TheTableOfThePaper) {
  const PowerPlan plan = plan_power(question(), {.value = 2.717, .df = 3});
  EXPECT_EQ(plan.seeds_needed, 28);
  EXPECT_EQ(plan.affordable_seeds, 4);
  EXPECT_NEAR(plan.affordable_power, .18, .005);
  // Four seeds suffice up to a standard deviation of 1.00.
  EXPECT_NEAR(plan.largest_sigma, 1.0, .005);
  const std::pair<double, double> mde[] = {{2, 4.53}, {3, 3.45}, {4, 2.92}, {5, 2.58}, {6, 2.34}};
  for (std::size_t i = 0; i < std::size(mde); ++i) {
    EXPECT_EQ(plan.rows[i].n, mde[i].first);
    EXPECT_NEAR(plan.rows[i].mde / 2.717, mde[i].second, .005);
    EXPECT_NEAR(*plan.rows[i].gpu_days, 24 * mde[i].first, 1e-12);
  }
  EXPECT_EQ(plan.rows.back().n, *plan.seeds_needed_careful);
}

TEST(PowerPlan, SaysBeforehandWhatTheBudgetCannotTell) {
  const PowerPlan hopeless = plan_power(question(), {.value = 2.717, .df = 3});
  EXPECT_FALSE(hopeless.identifiable);
  EXPECT_EQ(hopeless.sentence.rfind("not identifiable within this budget", 0), 0U)
      << hopeless.sentence;
  EXPECT_NE(hopeless.sentence.find("28 seeds (672 GPU-days)"), std::string::npos)
      << hopeless.sentence;
  const PowerPlan fine = plan_power(question(), {.value = .9, .df = 20});
  EXPECT_TRUE(fine.identifiable);
  EXPECT_EQ(fine.sentence.rfind("identifiable within this budget", 0), 0U) << fine.sentence;
  PowerQuestion poor = question();
  poor.budget_days = 30;
  const PowerPlan one = plan_power(poor, {.value = .1, .df = kInfinity});
  EXPECT_EQ(one.affordable_seeds, 1);
  EXPECT_FALSE(one.identifiable);
}

TEST(PowerPlan, TheRuleOfTheAnalysisDecidesTheDegreesOfFreedom) {
  PowerQuestion asked = question();
  asked.method = "auto";
  EXPECT_EQ(planned_df(planned_replication(asked, 4), 4), 9);
  EXPECT_EQ(planned_df(planned_replication(asked, 5), 5), 4);
  asked.method = "mixed";
  EXPECT_EQ(planned_df(planned_replication(asked, 5), 5), 28);
}

TEST(PowerPlan, APlanWithLooksSaysWhatTheyCost) {
  PowerQuestion asked = question();
  asked.method = "blocked";
  asked.seeds = 12;
  asked.effect = 2;
  asked.sequential = SequentialPlan{.spending = "obf", .looks = {4, 6, 8, 10, 12}};
  const PowerPlan plan = plan_power(asked, {.value = 1, .df = kInfinity});
  ASSERT_TRUE(plan.sequential);
  EXPECT_NEAR(plan.sequential->at_effect.power, .91, .01);
  EXPECT_NEAR(plan.sequential->at_effect.expected_seeds, 8.7, .1);
}

}  // namespace
}  // namespace yates::study
