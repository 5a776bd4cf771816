// SPDX-License-Identifier: Apache-2.0
// Schedules of runs, against exact optima and the instances of which the best is known.
#include "launcher/campaign/packing.hpp"

#include <algorithm>
#include <bit>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace yates::campaign {
namespace {

/// The optimum over all assignments: for 1, 2, ... slots and every subset of the runs the smallest
/// last end, from all ways of giving the last slot a part of the subset.
double exact_days(const std::vector<double>& days, std::size_t slots) {
  const std::size_t sets = std::size_t{1} << days.size();
  std::vector<double> sum(sets, 0.0);
  for (std::size_t set = 1; set < sets; ++set) {
    sum[set] = sum[set & (set - 1)] + days[static_cast<std::size_t>(std::countr_zero(set))];
  }
  std::vector<double> best = sum;
  for (std::size_t slot = 1; slot < slots; ++slot) {
    std::vector<double> next(sets);
    for (std::size_t set = 0; set < sets; ++set) {
      next[set] = best[set];
      for (std::size_t part = set; part > 0; part = (part - 1) & set) {
        next[set] = std::min(next[set], std::max(sum[part], best[set ^ part]));
      }
    }
    best = next;
  }
  return best.back();
}

TEST(Packing, EqualsTheOptimumForUpToTwelveRuns) {
  RandomStream draws(1, "packing_test");
  int improved = 0;
  for (int instance = 0; instance < 60; ++instance) {
    const auto runs = static_cast<std::size_t>(draws.integer(1, 12));
    const std::int64_t slots = draws.integer(1, 5);
    std::vector<double> days;
    for (std::size_t run = 0; run < runs; ++run) {
      days.push_back(draws.bernoulli(0.5) ? draws.uniform(0.5, 4) : 1.5);
    }
    const Packing packing = pack_runs(days, slots);
    EXPECT_NEAR(packing.days, exact_days(days, static_cast<std::size_t>(slots)), 1e-9);
    EXPECT_LE(packing.lower_bound_days, packing.days + 1e-9);
    std::vector<double> in_order;
    for (const std::size_t run : packing.order) {
      in_order.push_back(days[run]);
    }
    EXPECT_NEAR(list_schedule_days(in_order, slots), packing.days, 1e-9);
    std::sort(days.rbegin(), days.rend());
    improved += list_schedule_days(days, slots) > packing.days + 1e-9 ? 1 : 0;
  }
  EXPECT_GT(improved, 3) << "the longest first were always the best: the search was not tested";
}

/// Eight arms, four of 3 days and four of 1.5 days, times `seeds`.
std::vector<double> two_widths(int seeds) {
  std::vector<double> days;
  for (int i = 0; i < 4 * seeds; ++i) {
    days.push_back(3);
    days.push_back(1.5);
  }
  return days;
}

TEST(Packing, LongestFirstMeetsTheBoundWhereTheFileOrderDoesNot) {
  EXPECT_DOUBLE_EQ(pack_runs(two_widths(4), 16).days, 4.5);
  EXPECT_DOUBLE_EQ(pack_runs(two_widths(4), 16).lower_bound_days, 4.5);
  EXPECT_DOUBLE_EQ(pack_runs(two_widths(4), 8).days, 9);
  EXPECT_DOUBLE_EQ(list_schedule_days(two_widths(4), 16), 6);
  EXPECT_DOUBLE_EQ(pack_runs({}, 3).days, 0);
}

TEST(Packing, MixedWidthsComeWithinFivePercentOfTheBestKnown) {
  const std::vector<Width> two = {{1, 1}, {2, 0.92}};
  const std::vector<Width> four = {{1, 1}, {2, 0.92}, {4, 0.82}};
  const WidthPacking on_16 = pack_widths(two_widths(3), two, 16);
  EXPECT_LE(on_16.days, 1.05 * 3.82);
  EXPECT_GE(on_16.days, on_16.lower_bound_days);
  EXPECT_NEAR(on_16.lower_bound_days, 3.38, 0.05);
  const WidthPacking on_32 = pack_widths(two_widths(3), four, 32);
  EXPECT_LE(on_32.days, 1.05 * 2.09);
  EXPECT_LE(pack_widths(two_widths(4), two, 16).days, 1.05 * 4.5);
}

}  // namespace
}  // namespace yates::campaign
