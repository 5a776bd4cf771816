// SPDX-License-Identifier: Apache-2.0
// The benches that start ranks, through the built command at tiny sizes: what they print, not how
// fast they are.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/world.hpp"

namespace yates::testing {
namespace {

const std::vector<std::string> kTiny = {
    "--json", "-", "threads=1", "repeats=3", "steps=1", "model.width=8", "data.patch=[32,32,32]"};

/// The rows of `yates bench ARGUMENTS`; an empty list, with a failure, if it does not succeed.
Json bench(std::vector<std::string> arguments, const std::string& directory = "") {
  arguments.insert(arguments.begin(), "bench");
  const CommandResult result = run_yates(arguments, directory);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  Json rows = Json::parse(result.output, nullptr, false);
  EXPECT_TRUE(rows.is_array()) << result.output;
  return rows.is_array() ? rows : Json::array();
}

std::vector<std::string> tiny(std::vector<std::string> words) {
  words.insert(words.end(), kTiny.begin(), kTiny.end());
  return words;
}

/// Rows of that name.
std::vector<Json> named(const Json& rows, const std::string& name) {
  std::vector<Json> found;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(found), [&](const Json& row) {
    return row.at("name") == name;
  });
  return found;
}

double median(const Json& row) {
  return row.at("ours").at("median").get<double>();
}

TEST(BenchAllreduce, ComparesBothWaysWithTheRawCall) {
  const Json rows =
      bench({"allreduce", "--json", "-", "repeats=3", "ranks=2", "largest_mib=1", "threads=1"});
  EXPECT_EQ(named(rows, "allreduce fp32 sum").size(), 3U);
  EXPECT_EQ(named(rows, "allreduce handed over").size(), 3U);
  for (const Json& row : rows) {
    EXPECT_NE(row.at("peer").at("name").get<std::string>().find("MPI_Allreduce"),
              std::string::npos);
    EXPECT_GT(row.at("ratio").get<double>(), 0);
    EXPECT_EQ(row.at("ours").at("n"), 3);
  }
}

TEST(BenchScaling, ReportsWeakAndStrongWithBothLoadersAndDrawsThem) {
  const TemporaryDirectory folder;
  ASSERT_EQ(make_small_world(folder.path(), 4), "");
  const Json rows = bench(tiny({"scaling",
                                "--ranks",
                                "1,2",
                                "figure=scaling.svg",
                                "data.dir=shards",
                                "data.split=split.json",
                                "data.augment=none"}),
                          folder.path().string());
  std::set<std::string> sizes;
  for (const std::string series : {"weak", "strong"}) {
    for (const std::string quantity : {"step", "rate", "efficiency", "comm wait", "data wait"}) {
      const std::vector<Json> found = named(rows, series + " " + quantity);
      ASSERT_EQ(found.size(), 4U) << series << " " << quantity;
      for (const Json& row : found) {
        EXPECT_EQ(row.at("ours").at("n"), 3);
        sizes.insert(row.at("size"));
      }
    }
    EXPECT_EQ(median(named(rows, series + " efficiency")[0]), 1);
  }
  // Weak: one sample a rank; strong: two samples, whatever the ranks.
  for (const std::string loader : {"drawn", "real"}) {
    for (const std::string layout :
         {"ranks=1 hosts=1 batch=1", "ranks=1 hosts=1 batch=2", "ranks=2 hosts=1 batch=2"}) {
      EXPECT_TRUE(sizes.contains(layout + " loader=" + loader)) << layout;
    }
  }
  EXPECT_NE(read_file(folder / "scaling.svg").find("Median of 3 runs"), std::string::npos);
}

TEST(BenchScaling, RefusesASpreadOverTwoRuns) {
  const CommandResult result = run_yates({"bench", "scaling", "repeats=2"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.error.find("three runs"), std::string::npos) << result.error;
}

TEST(BenchPlan, FitsOnSomeRankCountsAndPrintsItsErrorOnTheOthers) {
  const Json rows = bench(tiny({"plan", "ranks=1,2,4", "fit=1,2", "per_rank=1,2", "nodes=1,8"}));
  EXPECT_EQ(named(rows, "fitted step").size(), 4U);
  EXPECT_EQ(named(rows, "fitted reduction").size(), 4U);
  EXPECT_EQ(named(rows, "held-out step").size(), 2U);
  EXPECT_EQ(named(rows, "held-out reduction").size(), 4U);
  double worst = 0;
  for (const std::string name : {"held-out step", "held-out reduction"}) {
    for (const Json& row : named(rows, name)) {
      const double measured = row.at("peer").at("median").get<double>();
      EXPECT_EQ(row.at("peer").at("n"), 3);
      worst = std::max(worst, 100 * std::abs(median(row) / measured - 1));
    }
  }
  const std::vector<Json> error = named(rows, "model error, held-out");
  ASSERT_EQ(error.size(), 1U);
  EXPECT_EQ(error[0].at("ours").at("n"), 6);
  EXPECT_NEAR(error[0].at("ours").at("max").get<double>(), worst, 1e-6 * worst);
  EXPECT_EQ(named(rows, "modelled step").size(), 2U);
}

TEST(BenchPlan, PlansWithGivenParametersWithoutMeasuring) {
  const Json rows = bench({"plan",
                           "--json",
                           "-",
                           "threads=1",
                           "sample_s=1.5",
                           "overhead_s=0.1",
                           "latency_us=5",
                           "bandwidth_gb_s=25",
                           "nodes=1,2",
                           "model.width=48",
                           "data.patch=[128,128,128]"});
  EXPECT_TRUE(named(rows, "fitted step").empty());
  const std::vector<Json> steps = named(rows, "modelled step");
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_NEAR(median(steps[0]), 1.6, 1e-9);
  // 138.77 M parameters of 4 bytes, once between two ranks; 22 buckets of one message each.
  EXPECT_NEAR(median(steps[1]), 1.6 + 138.77e6 * 4 / 25e9 + 23 * 5e-6, 1e-4);
  EXPECT_NEAR(median(named(rows, "modelled efficiency")[1]), 1.6 / median(steps[1]), 1e-9);
}

}  // namespace
}  // namespace yates::testing
