// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/anova.hpp"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "tests/launcher/study/reference_designs.hpp"

namespace yates::study {
namespace {

using testing::by_term;
using testing::replicates;

// R's npk, aov(yield ~ block + N*P*K).
TEST(Anova, BlockedFactorialOfR) {
  const auto rows =
      by_term(factorial_anova(testing::letters("NPK"), testing::npk(), SquaresType::I, true));
  EXPECT_EQ(rows.at("seed").df, 5);
  EXPECT_NEAR(rows.at("seed").ss, 343.295, 5e-4);
  EXPECT_NEAR(rows.at("seed").f, 4.446666, 5e-7);
  EXPECT_NEAR(rows.at("seed").p, .01593879, 5e-9);
  EXPECT_NEAR(rows.at("N").ss, 189.281667, 5e-7);
  EXPECT_NEAR(rows.at("N").f, 12.258734, 5e-7);
  EXPECT_NEAR(rows.at("N").p, .00437181, 5e-9);
  EXPECT_NEAR(rows.at("P").ss, 8.401667, 5e-7);
  EXPECT_NEAR(rows.at("P").p, .47490409, 5e-9);
  EXPECT_NEAR(rows.at("K").f, 6.165689, 5e-7);
  EXPECT_NEAR(rows.at("N:P").f, 1.378297, 5e-7);
  EXPECT_NEAR(rows.at("N:K").p, .16864788, 5e-9);
  EXPECT_NEAR(rows.at("P:K").ss, .481667, 5e-7);
  EXPECT_EQ(rows.at("N:P:K").df, 0);
  EXPECT_TRUE(std::isnan(rows.at("N:P:K").f));
  EXPECT_EQ(rows.at("residual").df, 12);
  EXPECT_NEAR(rows.at("residual").ss, 185.286667, 5e-7);
  EXPECT_NEAR(rows.at("residual").ms, 15.440556, 5e-7);
}

// Montgomery, example 6.1.
TEST(Anova, PlasmaEtch) {
  const RunTable table = replicates({{550, 604},
                                     {669, 650},
                                     {633, 601},
                                     {642, 635},
                                     {1037, 1052},
                                     {749, 868},
                                     {1075, 1063},
                                     {729, 860}});
  const auto rows =
      by_term(factorial_anova(testing::letters("ABC"), table, SquaresType::III, false));
  EXPECT_NEAR(rows.at("A").ss, 41310.5625, 1e-7);
  EXPECT_NEAR(rows.at("B").ss, 217.5625, 1e-7);
  EXPECT_NEAR(rows.at("C").ss, 374850.0625, 1e-7);
  EXPECT_NEAR(rows.at("A:B").ss, 2475.0625, 1e-7);
  EXPECT_NEAR(rows.at("A:C").ss, 94402.5625, 1e-7);
  EXPECT_NEAR(rows.at("B:C").ss, 18.0625, 1e-7);
  EXPECT_NEAR(rows.at("A:B:C").ss, 126.5625, 1e-7);
  EXPECT_NEAR(rows.at("residual").ms, 2252.5625, 1e-7);
  EXPECT_NEAR(rows.at("total").ss, 531420.9375 + 0, 1e-6);
  EXPECT_NEAR(rows.at("C").f, 166.4105, 5e-5);
  EXPECT_NEAR(rows.at("C").p, 1.23326e-6, 5e-12);
  EXPECT_NEAR(rows.at("A:B:C").p, .818586, 5e-7);
}

// Montgomery, example 6.2 projected on A, C, D.
TEST(Anova, FiltrationRateWithoutB) {
  const std::vector<double> rate = {
      45, 71, 48, 65, 68, 60, 80, 65, 43, 100, 45, 104, 75, 86, 70, 96};
  std::vector<std::vector<double>> cells(8);
  for (std::size_t i = 0; i < rate.size(); ++i) {
    cells[(i & 1U) | (i >> 1U & 6U)].push_back(rate[i]);
  }
  const auto rows =
      by_term(factorial_anova(testing::letters("ACD"), replicates(cells), SquaresType::II, false));
  EXPECT_NEAR(rows.at("residual").ss, 179.5, 1e-8);
  EXPECT_NEAR(rows.at("A").f, 83.368, 5e-4);
  EXPECT_NEAR(rows.at("A:C:D").f, .471, 5e-4);
  EXPECT_NEAR(rows.at("A").p, 1.66669e-5, 5e-11);
  EXPECT_NEAR(rows.at("C").p, .00312441, 5e-9);
  EXPECT_NEAR(rows.at("A:D").p, 1.10473e-4, 5e-10);
}

/// ln(days + 1), duration fastest; the first `dropped` rows of duration 1, weight 1 left out.
RunTable kidney(std::size_t dropped) {
  const std::vector<std::vector<double>> days = {{0, 2, 1, 3, 0, 2, 0, 5, 6, 8},
                                                 {0, 1, 1, 0, 4, 2, 7, 4, 0, 3},
                                                 {2, 4, 7, 12, 15, 4, 3, 1, 5, 20},
                                                 {5, 3, 2, 0, 1, 1, 3, 6, 7, 9},
                                                 {15, 10, 8, 5, 25, 16, 7, 30, 3, 27},
                                                 {10, 8, 12, 3, 7, 15, 4, 9, 6, 1}};
  std::vector<std::vector<double>> cells;
  for (const auto& cell : days) {
    cells.emplace_back();
    for (const double value : cell) {
      cells.back().push_back(std::log(value + 1));
    }
  }
  cells[0].erase(cells[0].begin(), cells[0].begin() + static_cast<std::ptrdiff_t>(dropped));
  return replicates(cells);
}

Design kidney_design() {
  return Design({{"D", {"1", "2"}}, {"W", {"1", "2", "3"}}});
}

TEST(Anova, BalancedKidneyData) {
  const auto rows = by_term(factorial_anova(kidney_design(), kidney(0), SquaresType::I, false));
  EXPECT_NEAR(rows.at("D").ss, 2.339693, 5e-7);
  EXPECT_NEAR(rows.at("W").ss, 16.97129, 5e-6);
  EXPECT_NEAR(rows.at("D:W").ss, .6356584, 5e-8);
  EXPECT_NEAR(rows.at("residual").ss, 28.9892, 5e-5);
  EXPECT_EQ(rows.at("residual").df, 54);
  EXPECT_NEAR(rows.at("W").f, 15.80674, 5e-6);
  EXPECT_NEAR(rows.at("W").p, 3.944502e-6, 5e-13);
  EXPECT_NEAR(rows.at("D:W").p, .5567479, 5e-8);
}

TEST(Anova, UnbalancedKidneyDataByType) {
  const Design design = kidney_design();
  const auto two = by_term(factorial_anova(design, kidney(3), SquaresType::II, false));
  EXPECT_NEAR(two.at("D").ss, 3.067066, 5e-7);
  EXPECT_NEAR(two.at("W").ss, 13.27205, 5e-6);
  EXPECT_NEAR(two.at("D:W").ss, .1905093, 5e-8);
  EXPECT_NEAR(two.at("residual").ss, 27.60181, 5e-6);
  EXPECT_NEAR(two.at("D").f, 5.667033, 5e-7);
  EXPECT_NEAR(two.at("W").f, 12.26141, 5e-6);
  const auto three = by_term(factorial_anova(design, kidney(3), SquaresType::III, false));
  EXPECT_NEAR(three.at("D").ss, 2.904723, 5e-7);
  EXPECT_NEAR(three.at("W").ss, 13.45718, 5e-6);
  EXPECT_NEAR(three.at("D").f, 5.367071, 5e-7);
  EXPECT_NEAR(three.at("W").f, 12.43245, 5e-6);
  const auto one = by_term(factorial_anova(design, kidney(3), SquaresType::I, false));
  EXPECT_NEAR(one.at("D").ss, 3.989579, 5e-7);
}

TEST(Anova, RobustKidneyData) {
  const auto hc3 = by_term(robust_anova(kidney_design(), kidney(3), RobustCovariance::HC3));
  EXPECT_NEAR(hc3.at("D").f, 5.633786, 5e-7);
  EXPECT_NEAR(hc3.at("W").f, 10.89842, 5e-6);
  EXPECT_NEAR(hc3.at("D:W").f, .1317223, 5e-8);
  const auto hc0 = by_term(robust_anova(kidney_design(), kidney(3), RobustCovariance::HC0));
  EXPECT_NEAR(hc0.at("D").f, 6.972744, 5e-7);
  EXPECT_NEAR(hc0.at("W").f, 13.7804, 5e-5);
  EXPECT_NEAR(hc0.at("D:W").f, .1709936, 5e-8);
}

// NIST StRD SiRstv.
TEST(Anova, CertifiedSiliconResistivity) {
  const OneWay result = one_way_anova({{196.3052, 196.1240, 196.1890, 196.2569, 196.3403},
                                       {196.3042, 196.3825, 196.1669, 196.3257, 196.0422},
                                       {196.1303, 196.2005, 196.2889, 196.0343, 196.1811},
                                       {196.2795, 196.1748, 196.1494, 196.1485, 195.9885},
                                       {196.2119, 196.1051, 196.1850, 196.0052, 196.2090}});
  EXPECT_NEAR(result.between, 5.11462616e-2, 1e-11);
  EXPECT_NEAR(result.within, 2.1663656e-1, 1e-11);
  EXPECT_NEAR(result.f, 1.18046237440255, 1e-10);
  EXPECT_NEAR(result.r_squared, .190999039051129, 1e-11);
  EXPECT_NEAR(result.residual_sd, .104076068334656, 1e-12);
}

// NIST StRD AtmWtAg.
TEST(Anova, CertifiedSilverAtomicWeight) {
  const std::vector<std::vector<int>> digits = {
      {1568, 1465, 1572, 1785, 1446, 1903, 1526, 1494, 1616, 1587, 1519, 1486,
       1419, 1569, 1508, 1672, 1385, 1518, 1662, 1424, 1360, 1333, 1610, 1477},
      {1079, 1344, 1513, 1197, 1604, 1385, 1642, 1365, 1151, 1082, 1517, 1448,
       1198, 1482, 1334, 1609, 1101, 1512, 1469, 1360, 1254, 1261, 1450, 1368}};
  std::vector<std::vector<double>> groups;
  for (const auto& group : digits) {
    groups.emplace_back();
    for (const int x : group) {
      groups.back().push_back(107.868 + x * 1e-7);
    }
  }
  const OneWay result = one_way_anova(groups);
  EXPECT_NEAR(result.f / 15.9467335677930, 1, 1e-7);
  EXPECT_NEAR(result.r_squared / .257426544538321, 1, 1e-7);
  EXPECT_NEAR(result.residual_sd / 1.51048314446410e-5, 1, 1e-7);
}

std::vector<std::vector<double>> simon_lesage(double offset, int replicate_count) {
  std::vector<std::vector<double>> groups;
  for (const double base : {1.4, 1.3, 1.5, 1.3, 1.5, 1.3, 1.5, 1.3, 1.5}) {
    groups.push_back({offset + base});
    for (int i = 1; i < replicate_count; ++i) {
      groups.back().push_back(offset + base + (i % 2 == 1 ? -.1 : .1));
    }
  }
  return groups;
}

// NIST StRD SmLs01-09: the same numbers on offsets of 0, 1e6 and 1e12.
TEST(Anova, CertifiedSimonLesage) {
  const std::pair<int, double> sizes[] = {{21, 21}, {201, 201}, {2001, 2001}};
  for (const auto& [count, f] : sizes) {
    EXPECT_NEAR(one_way_anova(simon_lesage(0, count)).f / f, 1, 1e-9) << count;
    EXPECT_NEAR(one_way_anova(simon_lesage(1e6, count)).f / f, 1, 1e-7) << count;
    EXPECT_NEAR(one_way_anova(simon_lesage(1e12, count)).f / f, 1, 1e-4) << count;
  }
  EXPECT_NEAR(one_way_anova(simon_lesage(0, 21)).r_squared, .482758620689655, 1e-12);
}

TEST(Anova, SquaresAddUpForBalancedData) {
  const auto rows = factorial_anova(kidney_design(), kidney(0), SquaresType::II, false);
  double sum = 0;
  for (const AnovaRow& row : rows) {
    sum += row.term == "total" ? 0 : row.ss;
  }
  EXPECT_NEAR(sum, rows.back().ss, 1e-10);
}

}  // namespace
}  // namespace yates::study
