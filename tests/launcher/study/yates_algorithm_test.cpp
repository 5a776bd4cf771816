// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/yates_algorithm.hpp"

#include <map>

#include <gtest/gtest.h>

#include "launcher/study/contrast.hpp"
#include "launcher/study/summary.hpp"
#include "tests/launcher/study/reference_designs.hpp"

namespace yates::study {
namespace {

using testing::letters;

std::map<std::string, double> effects_of(const std::string& names,
                                         const std::vector<double>& means) {
  std::map<std::string, double> effects;
  for (const FactorialEffect& effect : factorial_effects(letters(names), means)) {
    effects[effect.term] = effect.effect;
  }
  return effects;
}

void expect_effects(const std::map<std::string, double>& actual,
                    const std::map<std::string, double>& expected) {
  for (const auto& [term, value] : expected) {
    ASSERT_TRUE(actual.count(term) > 0) << term;
    EXPECT_NEAR(actual.at(term), value, 1e-9) << term;
  }
}

// Montgomery, example 6.2.
TEST(YatesAlgorithm, FiltrationRateHasThePublishedEffects) {
  const std::vector<double> rate = {
      45, 71, 48, 65, 68, 60, 80, 65, 43, 100, 45, 104, 75, 86, 70, 96};
  EXPECT_NEAR(mean(rate), 70.0625, 1e-12);
  expect_effects(effects_of("ABCD", rate),
                 {{"A", 21.625},
                  {"B", 3.125},
                  {"C", 9.875},
                  {"D", 14.625},
                  {"A:B", .125},
                  {"A:C", -18.125},
                  {"A:D", 16.625},
                  {"B:C", 2.375},
                  {"B:D", -.375},
                  {"C:D", -1.125},
                  {"A:B:C", 1.875},
                  {"A:B:D", 4.125},
                  {"A:C:D", -1.625},
                  {"B:C:D", -2.625},
                  {"A:B:C:D", 1.375}});
}

// Montgomery, example 6.1, means of two replicates.
TEST(YatesAlgorithm, PlasmaEtchHasThePublishedEffects) {
  const std::vector<double> etch = {577, 659.5, 617, 638.5, 1044.5, 808.5, 1069, 794.5};
  expect_effects(effects_of("ABC", etch),
                 {{"A", -101.625},
                  {"B", 7.375},
                  {"A:B", -24.875},
                  {"C", 306.125},
                  {"A:C", -153.625},
                  {"B:C", -2.125},
                  {"A:B:C", 5.625}});
}

// Montgomery and Runger, table 14-20.
TEST(YatesAlgorithm, PlasmaEtchWithFourFactorsHasThePublishedEffects) {
  const std::vector<double> etch = {
      550, 669, 604, 650, 633, 642, 601, 635, 1037, 749, 1052, 868, 1075, 860, 1063, 729};
  expect_effects(effects_of("ABCD", etch),
                 {{"A", -101.625},
                  {"B", -1.625},
                  {"C", 7.375},
                  {"D", 306.125},
                  {"A:B", -7.875},
                  {"A:C", -24.875},
                  {"A:D", -153.625},
                  {"B:C", -43.875},
                  {"B:D", -.625},
                  {"C:D", -2.125},
                  {"A:B:C", -15.625},
                  {"A:B:D", 4.125},
                  {"A:C:D", 5.625},
                  {"B:C:D", -25.375},
                  {"A:B:C:D", -40.125}});
}

// Box, Hunter, Hunter, p. 177.
TEST(YatesAlgorithm, PilotPlantHasThePublishedEffects) {
  const std::vector<double> yield = {60, 72, 54, 68, 52, 83, 45, 80};
  expect_effects(
      effects_of("TCK", yield),
      {{"T", 23}, {"C", -5}, {"K", 1.5}, {"T:C", 1.5}, {"T:K", 10}, {"C:K", 0}, {"T:C:K", .5}});
  EXPECT_NEAR(mean(yield), 64.25, 1e-12);
}

// Table 1 of the paper, W+ is C=32.
TEST(YatesAlgorithm, TableOneOfThePaperHasItsEffects) {
  const std::vector<double> dice = {91.31, 89.40, 90.89, 88.66, 90.90, 88.45, 90.76, 91.23};
  expect_effects(effects_of("RPW", dice),
                 {{"R", -1.53},
                  {"P", .37},
                  {"R:P", .65},
                  {"W", .27},
                  {"R:W", .54},
                  {"P:W", .95},
                  {"R:P:W", .81}});
}

TEST(YatesAlgorithm, ScalesDifferByPowersOfTwo) {
  const auto effects = factorial_effects(letters("AB"), {1, 2, 4, 9});
  EXPECT_EQ(effects[2].term, "A:B");
  EXPECT_DOUBLE_EQ(effects[2].interaction, (9 - 4) - (2 - 1));
  EXPECT_DOUBLE_EQ(effects[2].effect, effects[2].interaction / 2);
  EXPECT_DOUBLE_EQ(effects[2].coded, effects[2].interaction / 4);
}

TEST(YatesAlgorithm, AgreesWithContrastsOfCellMeans) {
  const Design design = letters("ABC");
  const std::vector<double> means = {3.5, -1, 0.25, 7, 11, 2, -8, 0.125};
  for (const FactorialEffect& effect : factorial_effects(design, means)) {
    const Contrast contrast = parse_contrast(design, effect.term, {});
    EXPECT_NEAR(contrast.estimate(means), effect.interaction, 1e-12) << effect.term;
  }
}

TEST(YatesAlgorithm, RelabellingAFactorFlipsSignsOnly) {
  const auto effects = factorial_effects(letters("AB"), {1, 2, 4, 9});
  const auto flipped = factorial_effects(letters("AB"), {2, 1, 9, 4});
  EXPECT_EQ(flipped[0].coded, -effects[0].coded);
  EXPECT_EQ(flipped[1].coded, effects[1].coded);
  EXPECT_EQ(flipped[2].coded, -effects[2].coded);
}

}  // namespace
}  // namespace yates::study
