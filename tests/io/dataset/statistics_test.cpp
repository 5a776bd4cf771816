// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/statistics.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "io/dataset/otsu.hpp"
#include "io/dataset/paper_statistics.hpp"
#include "tests/support/small_data_set.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::io {
namespace {

using Shape = std::array<std::int64_t, 3>;

TEST(TumourBox, GrowsByMarginAndAlignmentWithinTheVolume) {
  // The sides of a real case: its box, margin and alignment as measured with Python.
  const Shape shape = {126, 171, 130};
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(shape[0] * shape[1] * shape[2]), 0);
  const auto at = [&](std::int64_t z, std::int64_t y, std::int64_t x) {
    return static_cast<std::size_t>((z * shape[1] + y) * shape[2] + x);
  };
  labels[at(30, 140, 50)] = 1;
  labels[at(101, 33, 77)] = 2;
  labels[at(60, 80, 4)] = 3;
  const TumourBox box = tumour_box(labels, shape);
  EXPECT_EQ(box.tight[0], (std::array<std::int64_t, 2>{30, 102}));
  EXPECT_EQ(box.tight[1], (std::array<std::int64_t, 2>{33, 141}));
  EXPECT_EQ(box.tight[2], (std::array<std::int64_t, 2>{4, 78}));
  EXPECT_EQ(box.margin8[2], (std::array<std::int64_t, 2>{0, 86}));
  EXPECT_EQ(box.aligned, (Shape{96, 128, 96}));
  EXPECT_NEAR(box.tight_ratio, 0.20543666859456333, 1e-12);
  EXPECT_NEAR(box.margin8_ratio, 0.335037022756321, 1e-12);
  EXPECT_NEAR(box.aligned_ratio, 0.4211554527344001, 1e-12);
}

TEST(TumourBox, IsZeroWithoutTumourAndNeverLargerThanTheVolume) {
  std::vector<std::uint8_t> labels(3 * 20 * 17, 0);
  EXPECT_EQ(tumour_box(labels, {3, 20, 17}).tight_ratio, 0);
  labels[0] = labels.back() = 2;
  const TumourBox box = tumour_box(labels, {3, 20, 17});
  EXPECT_EQ(box.aligned, (Shape{3, 20, 17}));
  EXPECT_EQ(box.aligned_ratio, 1);
}

TEST(WindowStarts, CoverTheAxisAtHalfOverlap) {
  using Starts = std::vector<std::int64_t>;
  EXPECT_EQ(window_starts(100, 128), (Starts{0}));
  EXPECT_EQ(window_starts(128, 128), (Starts{0}));
  EXPECT_EQ(window_starts(146, 128), (Starts{0, 18}));
  EXPECT_EQ(window_starts(240, 128), (Starts{0, 64, 112}));
}

TEST(TumourBoxInAWindow, EqualsThatOfTheWindowCutOut) {
  const Shape shape = {30, 40, 50};
  std::vector<std::uint8_t> labels(30 * 40 * 50, 0);
  const auto at = [&](std::int64_t z, std::int64_t y, std::int64_t x) {
    return static_cast<std::size_t>((z * shape[1] + y) * shape[2] + x);
  };
  labels[at(3, 5, 7)] = labels[at(11, 20, 30)] = labels[at(25, 38, 49)] = 1;
  const TumourBox whole = tumour_box(labels, shape);
  const LabelWindow window{.low = {2, 4, 6}, .side = {20, 30, 40}};
  std::vector<std::uint8_t> cut;
  for (std::int64_t z = 2; z < 22; ++z) {
    for (std::int64_t y = 4; y < 34; ++y) {
      for (std::int64_t x = 6; x < 46; ++x) {
        cut.push_back(labels[at(z, y, x)]);
      }
    }
  }
  const TumourBox expected = tumour_box(cut, window.side);
  const TumourBox found = tumour_box_in(labels, shape, whole, window);
  EXPECT_EQ(found.tight, expected.tight);
  EXPECT_EQ(found.tight[2], (std::array<std::int64_t, 2>{1, 25}));
  EXPECT_EQ(found.aligned, expected.aligned);
  EXPECT_EQ(found.aligned_ratio, expected.aligned_ratio);
  EXPECT_TRUE(tumour_box_in(labels, shape, whole, {{12, 0, 0}, {13, 40, 50}}).empty());
  // Half of the window lies outside the volume.
  const TumourBox partly = tumour_box_in(labels, shape, whole, {{20, 30, 40}, {20, 20, 20}});
  EXPECT_EQ(partly.tight[0], (std::array<std::int64_t, 2>{5, 6}));
}

TEST(WindowRules, LayAsManyWindowsAsTheirWordsSay) {
  const StoredVolume volume{
      .shape = {146, 171, 136}, .source_shape = {155, 240, 240}, .source_low = {4, 30, 50}};
  std::vector<std::uint8_t> labels(146 * 171 * 136, 0);
  const auto count = [&](WindowRule rule, const TumourBox& tumour) {
    return windows_of(rule, volume, tumour).size();
  };
  const TumourBox none;
  EXPECT_EQ(count(WindowRule::StoredVolume, none), 8U);
  EXPECT_EQ(count(WindowRule::SourceVolume, none), 18U);
  EXPECT_EQ(count(WindowRule::CutAtTheEdge, none), 27U);
  EXPECT_EQ(count(WindowRule::AlignedBox, none), 0U);
  EXPECT_EQ(windows_of(WindowRule::SourceVolume, volume, none).front().low, (Shape{-4, -30, -50}));
  EXPECT_EQ(windows_of(WindowRule::CutAtTheEdge, volume, none).back().side, (Shape{18, 43, 8}));

  const auto at = [](std::int64_t z, std::int64_t y, std::int64_t x) {
    return static_cast<std::size_t>((z * 171 + y) * 136 + x);
  };
  labels[at(30, 10, 20)] = labels[at(60, 140, 60)] = 2;
  const TumourBox tumour = tumour_box(labels, volume.shape);
  const auto windows = windows_of(WindowRule::AlignedBox, volume, tumour);
  // Margin: 22-69, 2-149, 12-69; aligned: 48, 160, 64 voxels, half on either side.
  ASSERT_EQ(windows.size(), 2U);
  EXPECT_EQ(windows[0].low, (Shape{22, 0, 9}));
  EXPECT_EQ(windows[1].low, (Shape{22, 32, 9}));
  EXPECT_EQ(windows[1].side, (Shape{48, 128, 64}));
}

TEST(Otsu, SplitsTwoClustersAtTheUpperEndOfABin) {
  const std::vector<float> values = {1, 1, 2, 2, 9, 10, 10};
  const double threshold = otsu_threshold(values, 0, 128);
  EXPECT_GE(threshold, 2);
  EXPECT_LT(threshold, 2 + 9.0 / 128 * 1.01);
}

TEST(Otsu, CountsZerosThatAreNotListedAndKeepsConstants) {
  const std::vector<float> values = {5, 6, 100, 101};
  EXPECT_GT(otsu_threshold(values, 0, 64), 6);
  EXPECT_LT(otsu_threshold(values, 0, 64), 100);
  // Against a million zeros the split between 6 and 100 is still the best.
  EXPECT_LT(otsu_threshold(values, 1000000, 64), 100);
  EXPECT_EQ(otsu_threshold(std::vector<float>{3, 3}, 0, 128), 3);
}

TEST(Summary, EqualsNumpysDefinitions) {
  const DistributionSummary s = summarize({4, 1, 3, 2});
  EXPECT_DOUBLE_EQ(s.mean, 2.5);
  EXPECT_DOUBLE_EQ(s.std, 1.118033988749895);
  EXPECT_DOUBLE_EQ(s.p25, 1.75);
  EXPECT_DOUBLE_EQ(s.p50, 2.5);
  EXPECT_DOUBLE_EQ(s.p75, 3.25);
  EXPECT_EQ(summarize({}).max, 0);
}

TEST(DataStatistics, ReportsEveryCaseOfASet) {
  const testing::TemporaryDirectory folder;
  const Manifest manifest = testing::write_small_data_set(
      folder.path(), {{"case-a", {20, 18, 33}}, {"case-b", {9, 40, 21}}});
  const Json stats = data_statistics(folder.path(), manifest);
  EXPECT_EQ(stats.at("cases"), 2);
  EXPECT_NEAR(stats.at("foreground_pct").at("mean").get<double>(), 75, 0.1);
  EXPECT_EQ(stats.at("classes").at("et").at("zero_cases"), 0);
  EXPECT_EQ(stats.at("bbox_ratio").at("tight").at("min"), 1);
  EXPECT_EQ(stats.at("roi").at("below_70_pct"), 0);
  EXPECT_EQ(stats.at("patches").at("per_case").at("max"), 1);
}

TEST(PaperComparison, FindsEveryPrintedFigureInOurStatistics) {
  const testing::TemporaryDirectory folder;
  const Manifest manifest =
      testing::write_small_data_set(folder.path(), {{"case-a", {20, 18, 33}}});
  const Json stats = data_statistics(folder.path(), manifest);
  const std::vector<PaperComparison> rows = compare_with_paper(stats);
  EXPECT_EQ(rows.size(), 7U + 12U + 21U + 4U + 21U + 8U + 2U);
  for (const PaperComparison& row : rows) {
    EXPECT_TRUE(std::isfinite(row.ours)) << row.statistic;
  }
  EXPECT_EQ(rows[4].statistic, "foreground_pct.p50");
  EXPECT_EQ(rows[4].paper, 2.75);
  EXPECT_EQ(rows[4].ours, stats.at("foreground_pct").at("p50").get<double>());
  EXPECT_TRUE(std::isnan(compare_with_paper(Json::object())[0].ours));
}

}  // namespace
}  // namespace yates::io
