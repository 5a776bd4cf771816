// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/robust.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace yates::study {
namespace {

TEST(TrimmedMean, CutsTheSameNumberAtBothEnds) {
  const TrimmedMean result = trimmed_mean({374, 1, 2, 3, 4}, .2);
  EXPECT_DOUBLE_EQ(result.mean, 3);
  EXPECT_DOUBLE_EQ(result.df, 2);
  // Winsorised: 2 2 3 4 4, squares 4; h = 3.
  EXPECT_DOUBLE_EQ(result.se, std::sqrt(4.0 / 6));
}

TEST(TrimmedMean, WithoutTrimmingIsTheMean) {
  const TrimmedMean result = trimmed_mean({1, 2, 6}, 0);
  EXPECT_DOUBLE_EQ(result.mean, 3);
  EXPECT_DOUBLE_EQ(result.se, std::sqrt(14.0 / 6));
}

TEST(HodgesLehmann, IsTheMedianOfPairwiseMeans) {
  // Means 1 1.5 2 (5.5) ... of 1, 2, 10: 1 1.5 2 5.5 6 10.
  EXPECT_DOUBLE_EQ(hodges_lehmann(std::vector<double>{1, 2, 10}), (2 + 5.5) / 2);
  EXPECT_TRUE(std::isnan(hodges_lehmann(std::vector<double>{})));
}

TEST(MedianInterval, UsesTheBinomial) {
  // n = 6: the extremes miss with 2 / 64; n = 5: 2 / 32 is too much.
  const Interval six = median_interval({6, 1, 5, 2, 4, 3});
  EXPECT_EQ(six.low, 1);
  EXPECT_EQ(six.high, 6);
  EXPECT_TRUE(std::isnan(median_interval({1, 2, 3, 4, 5}).low));
  // n = 20: order statistics 6 and 15 cover 95.9 %.
  std::vector<double> twenty;
  for (int i = 1; i <= 20; ++i) {
    twenty.push_back(i);
  }
  EXPECT_EQ(median_interval(twenty).low, 6);
  EXPECT_EQ(median_interval(twenty).high, 15);
}

}  // namespace
}  // namespace yates::study
