// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/contrast.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "launcher/study/polynomial.hpp"
#include "tests/launcher/study/reference_designs.hpp"

namespace yates::study {
namespace {

TEST(Contrast, SimpleInteractionIsADifferenceOfDifferences) {
  const Design design = testing::letters("RPW");
  const std::vector<double> dice = {91.31, 89.40, 90.89, 88.66, 90.90, 88.45, 90.76, 91.23};
  EXPECT_NEAR(parse_contrast(design, "R:P", {{"W", "0"}}).estimate(dice), -0.32, 1e-9);
  EXPECT_NEAR(parse_contrast(design, "R:P", {{"W", "1"}}).estimate(dice), 2.92, 1e-9);
  EXPECT_NEAR(parse_contrast(design, "R:P", {}).estimate(dice), 1.30, 1e-9);
  EXPECT_NEAR(parse_contrast(design, "R:P:W", {}).estimate(dice), 3.24, 1e-9);
}

TEST(Contrast, SquaredLengthsAreThoseOfTheSampleSizeFormulas) {
  const Design design = testing::letters("RPW");
  EXPECT_DOUBLE_EQ(parse_contrast(design, "R:P", {{"W", "0"}}).squared_length(), 4);
  EXPECT_DOUBLE_EQ(parse_contrast(design, "R:P", {}).squared_length(), 2);
  EXPECT_DOUBLE_EQ(parse_contrast(design, "R:P:W", {}).squared_length(), 8);
  EXPECT_DOUBLE_EQ(parse_contrast(design, "R", {}).squared_length(), 0.5);
}

// Relocation effect at C = 32, 40, 48: its curvature over the width.
TEST(Contrast, QuadraticOfAnEffectOverWidth) {
  const Design design({{"relocate", {"0", "1"}}, {"width", {"32", "40", "48"}}});
  const std::vector<double> means = {90.90, 88.45, 90.72, 90.85, 91.31, 89.40};
  EXPECT_NEAR(parse_contrast(design, "relocate:width.quad", {}).estimate(means), -4.62, 1e-9);
  EXPECT_NEAR(parse_contrast(design, "relocate:width[48-32]", {}).estimate(means), 0.54, 1e-9);
  EXPECT_THROW(parse_contrast(design, "relocate:width", {}), Error);
}

TEST(Contrast, TextLevelsAreComparedWithTheFirst) {
  const Design design({{"scorer", {"l2", "random", "fce"}}});
  const auto parts = components(design, 0);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[1].label, "scorer[fce-l2]");
  EXPECT_EQ(parts[1].weights, (std::vector<double>{-1, 0, 1}));
}

TEST(Contrast, AFactorIsUsedOnce) {
  const Design design = testing::letters("AB");
  EXPECT_THROW(parse_contrast(design, "A:A", {}), Error);
  EXPECT_THROW(parse_contrast(design, "A:B", {{"B", "0"}}), Error);
  EXPECT_THROW(parse_contrast(design, "A", {{"B", "2"}}), Error);
}

TEST(Contrast, EveryInteractionIsListedAtEachLevelOfTheOthers) {
  const auto contrasts = all_contrasts(testing::letters("ABC"), 3);
  // Per main effect 1 + 4, per two-factor interaction 1 + 2, the three-factor interaction once.
  EXPECT_EQ(contrasts.size(), 3U * 5 + 3U * 3 + 1);
  EXPECT_EQ(contrasts.back().name, "A:B:C");
}

TEST(Polynomial, EqualSpacingGivesTheTabulatedWholeNumbers) {
  const auto three = orthogonal_polynomials(std::vector<double>{32, 40, 48});
  EXPECT_EQ(three[0], (std::vector<double>{-1, 0, 1}));
  EXPECT_EQ(three[1], (std::vector<double>{1, -2, 1}));
  const auto six = orthogonal_polynomials(std::vector<double>{1, 2, 3, 4, 5, 6});
  EXPECT_EQ(six[0], (std::vector<double>{-5, -3, -1, 1, 3, 5}));
  EXPECT_EQ(six[1], (std::vector<double>{5, -1, -4, -4, -1, 5}));
  EXPECT_EQ(six[2], (std::vector<double>{-5, 7, 4, -4, -7, 5}));
  EXPECT_EQ(six[4], (std::vector<double>{-1, 5, -10, 10, -5, 1}));
}

TEST(Polynomial, DescendingScoresFlipOddDegrees) {
  const auto down = orthogonal_polynomials(std::vector<double>{48, 40, 32});
  EXPECT_EQ(down[0], (std::vector<double>{1, 0, -1}));
  EXPECT_EQ(down[1], (std::vector<double>{1, -2, 1}));
}

}  // namespace
}  // namespace yates::study
