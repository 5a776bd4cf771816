// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/t_inference.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "launcher/study/verdict.hpp"
#include "tests/launcher/study/reference_designs.hpp"

namespace yates::study {
namespace {

using testing::letters;
using testing::npk;

/// values[cell][replicate]; the replicate's number is its seed.
RunTable table_of(const std::vector<std::vector<double>>& values, bool blocks = true) {
  RunTable table{.cells = values.size(), .seeds_are_blocks = blocks, .runs = {}};
  for (std::size_t cell = 0; cell < values.size(); ++cell) {
    for (std::size_t i = 0; i < values[cell].size(); ++i) {
      table.runs.push_back({cell, static_cast<std::int64_t>(i) + 1, values[cell][i]});
    }
  }
  return table;
}

/// The run means over cases of the golden 2x2 of three seeds and four cases; cells in Yates order.
RunTable golden_run_means() {
  return table_of(
      {{888.5, 888, 917.25}, {870.25, 867.75, 878.75}, {896, 886, 908}, {892.5, 899, 914.5}});
}

TEST(TInference, GoldenDesignPerSeed) {
  const Contrast contrast = parse_contrast(letters("AB"), "A:B", {});
  const auto seeds = per_seed_contrasts(golden_run_means(), contrast);
  ASSERT_EQ(seeds.size(), 3U);
  EXPECT_NEAR(seeds[0].value, 59.0 / 4, 1e-10);
  EXPECT_NEAR(seeds[1].value, 133.0 / 4, 1e-10);
  EXPECT_NEAR(seeds[2].value, 45, 1e-10);
  const auto result = per_seed_t(golden_run_means(), contrast);
  ASSERT_TRUE(result);
  EXPECT_NEAR(result->estimate, 31, 1e-10);
  EXPECT_NEAR(result->estimate / result->se, 3.520890, 5e-7);
  EXPECT_EQ(result->df, 2);
  EXPECT_NEAR(two_sided_p(*result), .07205660, 5e-9);
}

TEST(TInference, GoldenDesignBlockedBySeed) {
  const auto result = blocked_t(golden_run_means(), parse_contrast(letters("AB"), "A:B", {}));
  ASSERT_TRUE(result);
  EXPECT_NEAR(result->estimate, 31, 1e-10);
  EXPECT_NEAR(result->se, 6.585091, 5e-7);
  EXPECT_EQ(result->df, 6);
  EXPECT_NEAR(two_sided_p(*result), .00330006, 5e-9);
  EXPECT_NEAR(t_interval(*result, .05).low, 14.8869, 5e-5);
  EXPECT_NEAR(t_interval(*result, .05).high, 47.1131, 5e-5);
}

// Montgomery, example 6.1: 2^3 with two independent replicates.
TEST(TInference, PlasmaEtchPooled) {
  const RunTable table = table_of({{550, 604},
                                   {669, 650},
                                   {633, 601},
                                   {642, 635},
                                   {1037, 1052},
                                   {749, 868},
                                   {1075, 1063},
                                   {729, 860}},
                                  false);
  const Design design = letters("ABC");
  const auto a = pooled_t(table, parse_contrast(design, "A", {}));
  ASSERT_TRUE(a);
  EXPECT_NEAR(a->estimate, -101.625, 1e-9);
  EXPECT_NEAR(a->se, 23.730584168958, 1e-9);
  EXPECT_EQ(a->df, 8);
  const Interval interval = t_interval(*a, 0.05);
  EXPECT_NEAR(interval.high - a->estimate, 54.722825224428, 1e-9);
  EXPECT_NEAR(two_sided_p(*a), .00267861, 5e-9);
  const auto c = pooled_t(table, parse_contrast(design, "C", {}));
  EXPECT_NEAR(t_interval(*c, 0.05).low, 251.402, 5e-4);
  EXPECT_NEAR(t_interval(*c, 0.05).high, 360.848, 5e-4);
  EXPECT_NEAR(two_sided_p(*c), 1.23326e-6, 5e-12);
  // On the scale of differences of differences: twice the effect of an interaction.
  const auto ac = pooled_t(table, parse_contrast(design, "A:C", {}));
  EXPECT_NEAR(t_interval(*ac, 0.05).low / 2, -208.348, 5e-4);
  EXPECT_NEAR(two_sided_p(*ac), 1.93396e-4, 5e-10);
}

// Box, Hunter, Hunter: pilot plant duplicates, s^2 = 8.
TEST(TInference, PilotPlantDuplicates) {
  const RunTable table = table_of(
      {{59, 61}, {74, 70}, {50, 58}, {69, 67}, {50, 54}, {81, 85}, {46, 44}, {79, 81}}, false);
  const auto t = pooled_t(table, parse_contrast(letters("TCK"), "T", {}));
  ASSERT_TRUE(t);
  EXPECT_NEAR(t->estimate, 23, 1e-9);
  EXPECT_NEAR(t->se, 1.414213562, 1e-9);
  EXPECT_NEAR(t_interval(*t, 0.05).high - 23, 3.261182323, 1e-8);
}

TEST(TInference, BlockedRecoversWithinBlockInformation) {
  const Design design = letters("NPK");
  const auto n = blocked_t(npk(), parse_contrast(design, "N", {}));
  ASSERT_TRUE(n);
  EXPECT_NEAR(n->estimate, 5.616667, 5e-7);
  EXPECT_NEAR(n->se, 1.604190, 5e-7);
  EXPECT_EQ(n->df, 12);
  EXPECT_NEAR(t_interval(*n, 0.05).low, 2.1214, 5e-5);
  EXPECT_NEAR(t_interval(*n, 0.05).high, 9.1119, 5e-5);
  EXPECT_NEAR(two_sided_p(*n), .00437181, 5e-9);
  const auto nk = blocked_t(npk(), parse_contrast(design, "N:K", {}));
  EXPECT_NEAR(nk->estimate / 2, -2.35, 1e-9);
  EXPECT_NEAR(two_sided_p(*nk), .16864788, 5e-9);
}

TEST(TInference, AContrastConfoundedWithBlocksHasNoBlockedInterval) {
  EXPECT_FALSE(blocked_t(npk(), parse_contrast(letters("NPK"), "N:P:K", {})));
  EXPECT_FALSE(per_seed_t(npk(), parse_contrast(letters("NPK"), "N", {})));
}

TEST(TInference, AConstantPerSeedLeavesBlockedContrastsUnchanged) {
  const Contrast contrast = parse_contrast(letters("AB"), "A:B", {});
  const RunTable table = golden_run_means();
  RunTable shifted = table;
  for (RunValue& run : shifted.runs) {
    run.value += 1000.0 * static_cast<double>(run.seed);
  }
  for (const auto method : {per_seed_t, blocked_t}) {
    EXPECT_NEAR(method(table, contrast)->estimate, method(shifted, contrast)->estimate, 1e-9);
    EXPECT_NEAR(method(table, contrast)->se, method(shifted, contrast)->se, 1e-9);
  }
}

TEST(TInference, WelchOfTwoCellsIsWelchsTest) {
  const RunTable table = table_of({{1, 2, 3, 4}, {10, 30, 20}}, false);
  const auto result = welch_t(table, parse_contrast(letters("A"), "A", {}));
  ASSERT_TRUE(result);
  const double a = 5.0 / 3 / 4;
  const double b = 100.0 / 3;
  EXPECT_NEAR(result->se, std::sqrt(a + b), 1e-12);
  EXPECT_NEAR(result->df, (a + b) * (a + b) / (a * a / 3 + b * b / 2), 1e-12);
}

TEST(TInference, SingleRunsGetNoInterval) {
  const RunTable table = table_of({{91.31}, {89.40}, {90.89}, {88.66}});
  const Contrast contrast = parse_contrast(letters("RP"), "R:P", {});
  EXPECT_FALSE(per_seed_t(table, contrast));
  EXPECT_FALSE(blocked_t(table, contrast));
  EXPECT_FALSE(pooled_t(table, contrast));
  EXPECT_FALSE(welch_t(table, contrast));
  const auto plain = plain_estimate(table, contrast);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->n, 1U);
  EXPECT_TRUE(std::isnan(t_interval(*plain, 0.05).low));
  EXPECT_TRUE(std::isnan(two_sided_p(*plain)));
  EXPECT_EQ(headline_method(true, 1), Method::None);
}

// Table 1 with the run SD of Table 14: within the noise.
TEST(TInference, ExternalNoiseGivesTheStandardErrorOfSingleRuns) {
  const RunTable table = table_of({{90.90}, {88.45}, {90.76}, {91.23}});
  const double sd = std::sqrt((4.98 * 4.98 + 1.27 * 1.27 + 4.23 * 4.23) / 6);
  const auto result = external_noise_t(table, parse_contrast(letters("RP"), "R:P", {}), sd, 3);
  ASSERT_TRUE(result);
  EXPECT_NEAR(result->estimate, 2.92, 1e-9);
  EXPECT_NEAR(result->se, 5.43, 0.005);
  EXPECT_NEAR(result->estimate / result->se, 0.54, 0.005);
}

TEST(TInference, MissingCellsGiveNothing) {
  RunTable table = table_of({{1, 2}, {3, 5}, {2, 2}, {}});
  const Design design = letters("AB");
  EXPECT_FALSE(plain_estimate(table, parse_contrast(design, "A:B", {})));
  EXPECT_TRUE(per_seed_t(table, parse_contrast(design, "A", {{"B", "0"}})));
}

TEST(TInference, RowOrderDoesNotMatter) {
  RunTable table = npk();
  const Contrast contrast = parse_contrast(letters("NPK"), "P", {});
  const auto before = blocked_t(table, contrast);
  std::reverse(table.runs.begin(), table.runs.end());
  EXPECT_NEAR(blocked_t(table, contrast)->se, before->se, 1e-12);
}

}  // namespace
}  // namespace yates::study
