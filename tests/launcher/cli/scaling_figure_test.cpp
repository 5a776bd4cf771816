// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/scaling_figure.hpp"

#include <gtest/gtest.h>

namespace yates::cli {
namespace {

ScalingPoint point(bool weak, const char* loader, std::int64_t ranks, double step_s) {
  const Spread step{step_s, 0.9 * step_s, 1.1 * step_s, 5};
  const Spread wait{0.1 * step_s, 0, 0.2 * step_s, 5};
  return {.weak = weak,
          .loader = loader,
          .ranks = ranks,
          .hosts = 1,
          .batch = ranks,
          .step_s = step,
          .comm_wait_s = wait,
          .data_wait_s = wait,
          .efficiency = {0.87, 0.8, 0.9, 5}};
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++found;
  }
  return found;
}

TEST(ScalingPoint, RateIsSamplesOverSecondsLeastAgainstMost) {
  const Spread rate = point(true, "drawn", 4, 2).rate();
  EXPECT_DOUBLE_EQ(rate.median, 2);
  EXPECT_DOUBLE_EQ(rate.min, 4 / 2.2);
  EXPECT_DOUBLE_EQ(rate.max, 4 / 1.8);
}

TEST(ScalingFigure, ShowsEveryPointWithItsEfficiencyAndTheNumberOfRuns) {
  std::vector<ScalingPoint> points;
  for (const bool weak : {true, false}) {
    for (const std::int64_t ranks : {1, 2, 4}) {
      points.push_back(point(weak, "drawn", ranks, 1.0));
    }
  }
  const std::string svg = scaling_figure(points);
  EXPECT_EQ(count(svg, "<circle"), points.size());
  EXPECT_EQ(count(svg, ">87%<"), points.size());
  EXPECT_NE(svg.find("Median of 5 runs"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg, scaling_figure(points));
  points.pop_back();
  EXPECT_EQ(count(scaling_figure(points), "<circle"), points.size());
}

}  // namespace
}  // namespace yates::cli
