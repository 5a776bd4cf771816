// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/multiplicity.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace yates::study {
namespace {

// Benjamini and Hochberg 1995, section 3.2.
const std::vector<double> kP = {.0001,
                                .0004,
                                .0019,
                                .0095,
                                .0201,
                                .0278,
                                .0298,
                                .0344,
                                .0459,
                                .3240,
                                .4262,
                                .5719,
                                .6528,
                                .7590,
                                1};

void expect_near(const std::vector<double>& actual, const std::vector<double>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(actual[i], expected[i], 5e-7) << i;
  }
}

TEST(Multiplicity, HolmOfThePublishedExample) {
  expect_near(holm(kP), {.0015, .0056, .0247, .114, .2211, .278, .278, .278, .3213, 1, 1});
}

TEST(Multiplicity, BenjaminiHochbergOfThePublishedExample) {
  expect_near(benjamini_hochberg(kP),
              {.0015,
               .003,
               .0095,
               .035625,
               .0603,
               .06385714,
               .06385714,
               .0645,
               .0765,
               .486,
               .5811818,
               .714875,
               .7532308,
               .8132143,
               1});
}

TEST(Multiplicity, BenjaminiYekutieliOfThePublishedExample) {
  expect_near(benjamini_yekutieli(kP), {.004977343, .009954687, .03152317, .1182119});
}

TEST(Multiplicity, HochbergIsNeverAboveHolm) {
  const auto strict = holm(kP);
  const auto loose = hochberg(kP);
  for (std::size_t i = 0; i < kP.size(); ++i) {
    EXPECT_LE(loose[i], strict[i]);
    EXPECT_GE(loose[i], kP[i]);
  }
}

TEST(Multiplicity, OrderAndMissingTestsDoNotMatter) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto adjusted = holm(std::vector<double>{.04, nan, .01});
  EXPECT_DOUBLE_EQ(adjusted[0], .04);
  EXPECT_TRUE(std::isnan(adjusted[1]));
  EXPECT_DOUBLE_EQ(adjusted[2], .02);
  EXPECT_TRUE(holm(std::vector<double>{}).empty());
}

}  // namespace
}  // namespace yates::study
