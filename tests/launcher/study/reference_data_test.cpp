// SPDX-License-Identifier: Apache-2.0
// Published analyses to the digits they were printed with; what the tests of the single parts do
// not already say.
#include <cmath>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "launcher/study/anova.hpp"
#include "launcher/study/contrast.hpp"
#include "launcher/study/distributions.hpp"
#include "launcher/study/lenth.hpp"
#include "launcher/study/random_block_model.hpp"
#include "launcher/study/resampling.hpp"
#include "launcher/study/summary.hpp"
#include "launcher/study/verdict.hpp"
#include "tests/launcher/study/reference_designs.hpp"

namespace yates::study {
namespace {

using testing::by_term;
using testing::replicates;

/// An effect: half the interaction scale for each factor beyond the first.
Estimate effect_of(const RunTable& table, const Design& design, const std::string& name) {
  const Contrast contrast = parse_contrast(design, name, {});
  Estimate estimate = *pooled_t(table, contrast);
  const double scale = std::pow(0.5, static_cast<double>(contrast.order) - 1);
  estimate.estimate *= scale;
  estimate.se *= scale;
  return estimate;
}

// Montgomery, example 6.1.
TEST(ReferenceData, PlasmaEtchTwice) {
  const Design design = testing::letters("ABC");
  const RunTable table = replicates({{550, 604},
                                     {669, 650},
                                     {633, 601},
                                     {642, 635},
                                     {1037, 1052},
                                     {749, 868},
                                     {1075, 1063},
                                     {729, 860}});
  const auto rows = by_term(factorial_anova(design, table, SquaresType::I, false));
  const std::map<std::string, std::pair<double, double>> f_and_p = {{"A", {18.3394, .00267861}},
                                                                    {"B", {.0966, .763911}},
                                                                    {"A:B", {1.0988, .325168}},
                                                                    {"A:C", {41.9090, 1.93396e-4}},
                                                                    {"B:C", {.0080, .930849}},
                                                                    {"A:B:C", {.0562, .818586}}};
  for (const auto& [term, expected] : f_and_p) {
    EXPECT_NEAR(rows.at(term).f, expected.first, 5e-5) << term;
    EXPECT_NEAR(rows.at(term).p / expected.second, 1, 3e-6) << term;
  }
  EXPECT_NEAR(rows.at("residual").ss, 18020.5, 1e-6);
  const FactorialFit fit = factorial_fit(design, table, false);
  EXPECT_NEAR(fit.r_squared, .96608997, 5e-9);
  EXPECT_NEAR(fit.adjusted_r_squared, .93641869, 5e-9);
  EXPECT_NEAR(fit.press, 72082, 1e-6);
  EXPECT_NEAR(fit.predicted_r_squared, .86435988, 5e-9);
  const double model_f = fit.r_squared / 7 / ((1 - fit.r_squared) / 8);
  EXPECT_NEAR(model_f, 32.55977121, 5e-7);
  EXPECT_NEAR(f_upper(model_f, 7, 8), 2.896168e-5, 5e-12);
}

TEST(ReferenceData, IntervalsOfThePlasmaEtch) {
  const Design design = testing::letters("ABC");
  const RunTable table = replicates({{550, 604},
                                     {669, 650},
                                     {633, 601},
                                     {642, 635},
                                     {1037, 1052},
                                     {749, 868},
                                     {1075, 1063},
                                     {729, 860}});
  const std::map<std::string, Interval> expected = {
      {"A", {-156.348, -46.902}}, {"C", {251.402, 360.848}}, {"A:C", {-208.348, -98.902}}};
  for (const auto& [name, interval] : expected) {
    const Estimate effect = effect_of(table, design, name);
    EXPECT_NEAR(effect.se, 23.730584168958, 1e-9);
    EXPECT_NEAR(t_interval(effect, .05).low, interval.low, 5e-4);
    EXPECT_NEAR(t_interval(effect, .05).high, interval.high, 5e-4);
    EXPECT_NEAR(
        (t_interval(effect, .05).high - t_interval(effect, .05).low) / 2, 54.722825224428, 1e-9);
  }
  EXPECT_NEAR(t_quantile(.975, 8), 2.306004135204, 5e-13);
}

// Montgomery, example 6.2 without its factor B.
TEST(ReferenceData, FiltrationRateProjected) {
  const std::vector<double> rate = {
      45, 71, 48, 65, 68, 60, 80, 65, 43, 100, 45, 104, 75, 86, 70, 96};
  std::vector<std::vector<double>> cells(8);
  for (std::size_t i = 0; i < rate.size(); ++i) {
    cells[(i & 1U) | (i >> 1U & 6U)].push_back(rate[i]);
  }
  const auto rows =
      by_term(factorial_anova(testing::letters("ACD"), replicates(cells), SquaresType::III, false));
  const std::map<std::string, double> f = {{"A", 83.368},
                                           {"C", 17.384},
                                           {"D", 38.131},
                                           {"A:C", 58.565},
                                           {"A:D", 49.273},
                                           {"C:D", .226},
                                           {"A:C:D", .471}};
  for (const auto& [term, value] : f) {
    EXPECT_NEAR(rows.at(term).f, value, 5e-4) << term;
  }
  EXPECT_EQ(rows.at("residual").df, 8);
  EXPECT_NEAR(rows.at("residual").ms, 22.4375, 1e-9);
  EXPECT_NEAR(rows.at("total").ss, 5730.9375, 1e-8);
  EXPECT_NEAR(rows.at("A").ss, 1870.5625, 1e-8);
  EXPECT_NEAR(rows.at("C").ss, 390.0625, 1e-8);
  EXPECT_NEAR(rows.at("D").ss, 855.5625, 1e-8);
  EXPECT_NEAR(rows.at("A:C").ss, 1314.0625, 1e-8);
  EXPECT_NEAR(rows.at("A:D").ss, 1105.5625, 1e-8);
}

// Box, Hunter, Hunter, p. 177, the genuine replicates.
TEST(ReferenceData, PilotPlantTwice) {
  const RunTable table =
      replicates({{59, 61}, {74, 70}, {50, 58}, {69, 67}, {50, 54}, {81, 85}, {46, 44}, {79, 81}});
  const Estimate effect = effect_of(table, testing::letters("TCK"), "T:K");
  EXPECT_NEAR(effect.estimate, 10, 1e-12);
  EXPECT_EQ(effect.df, 8);
  EXPECT_NEAR(effect.se, 1.414213562, 5e-10);
  EXPECT_NEAR(effect.se * t_quantile(.975, 8), 3.261182323, 5e-10);
}

// The criticals of DoE.base, 10^6 simulations.
TEST(ReferenceData, LenthCriticals) {
  struct Row {
    std::size_t effects;
    double alpha, me, sme;
  };
  for (const Row& row : {Row{7, .05, 2.2983, 4.8735},
                         Row{11, .05, 2.2105, 4.4392},
                         Row{15, .05, 2.1568, 4.2309},
                         Row{31, .05, 2.0652, 3.9238},
                         Row{63, .05, 2.0147, 3.8099},
                         Row{7, .10, 1.7105, 3.6854},
                         Row{15, .10, 1.7017, 3.5047},
                         Row{31, .10, 1.6807, 3.4527}}) {
    EXPECT_NEAR(lenth_simulated_criticals(row.effects, row.alpha).me, row.me, 5e-5);
    EXPECT_NEAR(lenth_simulated_criticals(row.effects, row.alpha).sme, row.sme, 5e-5);
  }
}

// R's npk within its blocks, and between them.
TEST(ReferenceData, EffectsOfNpk) {
  const Design design = testing::letters("NPK");
  const std::map<std::string, double> expected = {{"N", 5.616667},
                                                  {"P", -1.183333},
                                                  {"K", -3.983333},
                                                  {"N:P", -1.883333},
                                                  {"N:K", -2.35},
                                                  {"P:K", .283333}};
  for (const auto& [name, value] : expected) {
    const Contrast contrast = parse_contrast(design, name, {});
    const auto blocked = blocked_t(testing::npk(), contrast);
    ASSERT_TRUE(blocked) << name;
    const double scale = contrast.order == 2 ? 0.5 : 1;
    EXPECT_NEAR(scale * blocked->estimate, value, 5e-7) << name;
  }
  const auto nitrogen = blocked_t(testing::npk(), parse_contrast(design, "N", {}));
  EXPECT_NEAR(t_interval(*nitrogen, .05).low, 2.1214, 5e-5);
  EXPECT_NEAR(t_interval(*nitrogen, .05).high, 9.1119, 5e-5);
  EXPECT_FALSE(blocked_t(testing::npk(), parse_contrast(design, "N:P:K", {})));
  const auto between = by_term(between_block_anova(design, testing::npk()));
  EXPECT_NEAR(between.at("N:P:K").ss, 37.001667, 5e-7);
  EXPECT_NEAR(between.at("N:P:K").f, .4832, 5e-5);
  EXPECT_NEAR(between.at("N:P:K").p, .5252, 5e-5);
  EXPECT_EQ(between.at("residual").df, 4);
  EXPECT_EQ(between.size(), 2U);
  const auto random = RandomBlockModel::fit(testing::npk());
  ASSERT_TRUE(random);
  EXPECT_NEAR(random->seed_variance(), 15.2832, 5e-5);
}

double plain_variance(std::span<const double> values) {
  return squared_deviations(values) / static_cast<double>(values.size());
}

// Efron and Tibshirani, spatial test data A. The published ends are of 2 x 10^5 draws, whose 5 %
// points have a standard error of 0.2, like ours of 4 x 10^5: 0.6 is three of their difference.
TEST(ReferenceData, BootstrapIntervals) {
  const std::vector<double> spatial = {48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6,
                                       0,  33, 28, 34, 4,  32, 24, 47, 41, 24, 26, 30, 41};
  const BootstrapResult result =
      bootstrap(spatial, plain_variance, {.draws = 400000, .seed = 1, .alpha = .10});
  EXPECT_NEAR(result.bias_z, .1766, .008);
  EXPECT_NEAR(result.percentile.low, 97.8, .6);
  EXPECT_NEAR(result.percentile.high, 235.8, .6);
  EXPECT_NEAR(result.bca.low, 115.5, .6);
  EXPECT_NEAR(result.bca.high, 261.4, .9);
}

// R's package equivalence, as statsmodels prints it. The inputs are printed too: nine digits of the
// second move p by up to 6e-8, two decimals of the last degrees of freedom by 2e-7.
TEST(ReferenceData, EquivalenceTests) {
  const auto p = [](double estimate, double se, double df) {
    return equivalence_p({.method = Method::PerSeedT, .estimate = estimate, .se = se, .df = df},
                         .6);
  };
  EXPECT_NEAR(p(.164666667, .135751407, 14), .00316688, 5e-9);
  EXPECT_NEAR(p(.562666667, .247827641, 14), .44120346, 1e-7);
  EXPECT_NEAR(p(.562666667, .21498719, 24.11), .43179368, 2e-7);
}

}  // namespace
}  // namespace yates::study
