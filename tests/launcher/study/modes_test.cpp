// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/modes.hpp"

#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/csv.hpp"

namespace yates::study {
namespace {

/// HD95 of all distinct runs the paper prints (Tables 6-8, 11-14 and text).
std::vector<double> printed_hd95() {
  const std::filesystem::path folder = std::filesystem::path(YATES_GOLDEN_DIR) / "study";
  std::vector<double> values;
  for (const auto& [file, column] : {std::pair("factorial_cells.csv", "hd95_mean"),
                                     std::pair("keep_rate_search.csv", "hd95"),
                                     std::pair("reseeded_runs.csv", "alt_hd95_mean")}) {
    const CsvTable table = read_csv(folder / file);
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      values.push_back(table.number(row, table.column(column)));
    }
  }
  return values;
}

TEST(Modes, ThePrintedRunsFallIntoThreeClusters) {
  const auto clusters = gap_clusters(printed_hd95());
  ASSERT_EQ(clusters.size(), 3U);
  EXPECT_EQ(clusters[0].n, 13U);
  EXPECT_NEAR(clusters[0].low, 4.63, 1e-9);
  EXPECT_NEAR(clusters[0].high, 8.37, 1e-9);
  EXPECT_EQ(clusters[1].n, 9U);
  EXPECT_EQ(clusters[2].n, 11U);
  EXPECT_NEAR(bimodality_coefficient(printed_hd95()), .595, 5e-4);
}

TEST(Modes, EvenValuesAreOneCluster) {
  EXPECT_EQ(gap_clusters(std::vector<double>{1, 2, 3, 4, 5, 6, 7}).size(), 1U);
  EXPECT_EQ(gap_clusters(std::vector<double>{1, 100}).size(), 1U);
  EXPECT_EQ(gap_clusters(std::vector<double>{5, 5, 5, 5, 5, 5}).size(), 1U);
  EXPECT_TRUE(gap_clusters(std::vector<double>{}).empty());
  EXPECT_TRUE(std::isnan(bimodality_coefficient(std::vector<double>{5, 5, 5, 5})));
}

}  // namespace
}  // namespace yates::study
