// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/results_table.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace yates::study {
namespace {

constexpr const char* kHeader = "a,seed,case,region,dice,hd95_mm\n";

StudyData read(const std::string& text, const ResultsOptions& options = {}) {
  return read_results(parse_csv(text, "r.csv"), options);
}

std::string error_of(const std::string& text, ExitCode code = ExitCode::BadData) {
  try {
    (void)read(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
  return "";
}

/// Two arms, two seeds, two cases, three regions.
std::vector<std::string> rows() {
  std::vector<std::string> lines;
  for (const int arm : {0, 1}) {
    for (const int seed : {1, 2}) {
      for (const char* id : {"c1", "c2"}) {
        for (const char* region : {"WT", "TC", "ET"}) {
          lines.push_back(
              fmt::format("{},{},{},{},{},{}\n",
                          arm,
                          seed,
                          id,
                          region,
                          0.5 + 0.1 * arm + 0.01 * seed + (region[0] == 'E' ? -0.03 : 0),
                          3 + arm));
        }
      }
    }
  }
  return lines;
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string text = kHeader;
  for (const std::string& line : lines) {
    text += line;
  }
  return text;
}

TEST(ResultsTable, RunsAreMeansOverCasesInPoints) {
  const StudyData data = read(text_of(rows()));
  EXPECT_EQ(data.runs.size(), 4U);
  EXPECT_TRUE(data.seeds_are_blocks);
  EXPECT_EQ(data.cases, (std::vector<std::string>{"c1", "c2"}));
  ASSERT_EQ(data.responses.size(), 8U);
  EXPECT_EQ(data.responses[3].region, "mean");
  EXPECT_NEAR(data.responses[0].run_values[0], 51, 1e-12);
  EXPECT_NEAR(data.responses[2].run_values[3], 59, 1e-12);
  EXPECT_NEAR(data.responses[3].run_values[0], 50, 1e-12);
  EXPECT_EQ(data.responses[4].metric, "hd95_mm");
  EXPECT_FALSE(data.responses[4].higher_is_better);
  EXPECT_TRUE(data.warnings.empty());
}

TEST(ResultsTable, RowOrderLeavesEveryBit) {
  std::vector<std::string> lines = rows();
  const StudyData one = read(text_of(lines));
  std::reverse(lines.begin(), lines.end());
  std::rotate(lines.begin(), lines.begin() + 5, lines.end());
  const StudyData two = read(text_of(lines));
  for (std::size_t i = 0; i < one.responses.size(); ++i) {
    EXPECT_EQ(one.responses[i].run_values, two.responses[i].run_values);
    EXPECT_EQ(one.responses[i].case_values, two.responses[i].case_values);
  }
}

TEST(ResultsTable, MissingRunsAreCounted) {
  std::vector<std::string> lines = rows();
  lines.resize(lines.size() - 6);
  const StudyData data = read(text_of(lines));
  EXPECT_EQ(data.runs.size(), 3U);
  ASSERT_EQ(data.warnings.size(), 1U);
  EXPECT_EQ(data.warnings[0], "1 of 4 runs are missing");
}

TEST(ResultsTable, FailedRunsHaveNoResultAndCollapsedOnesHave) {
  const StudyData data = read(
      "a,seed,case,region,dice,hd95_mm,status\n0,1,c,mean,0.5,1,ok\n1,1,c,mean,0.1,1,collapsed\n"
      "0,2,c,mean,0.6,1,ok\n1,2,,,,,failed\n");
  EXPECT_EQ(data.runs.size(), 3U);
  EXPECT_EQ(data.runs[2].status, "collapsed");
  EXPECT_EQ(data.warnings.size(), 2U);
}

TEST(ResultsTable, UndefinedCasesLeaveAllRuns) {
  const StudyData data = read(
      "a,seed,case,region,dice,hd95_mm\n0,1,c,mean,0.5,1\n0,1,d,mean,0.5,9\n1,1,c,mean,0.1,2\n1,1,"
      "d,mean,0.2,nan\n");
  ASSERT_EQ(data.responses.size(), 2U);
  EXPECT_EQ(data.responses[1].run_values, (std::vector<double>{1, 2}));
  EXPECT_NEAR(data.responses[0].run_values[1], 15, 1e-12);
  ASSERT_EQ(data.warnings.size(), 1U);
  EXPECT_NE(data.warnings[0].find("1 of 2 cases"), std::string::npos);
}

TEST(ResultsTable, ConventionsAreNotMixed) {
  const std::string text =
      "a,seed,case,region,dice,hd95_mm,convention\n0,1,c,mean,0.5,1,segmamba\n0,1,c,mean,0.9,1,"
      "brats2023\n"
      "1,1,c,mean,0.6,1,segmamba\n1,1,c,mean,0.8,1,brats2023\n";
  EXPECT_EQ(read(text).responses[0].run_values[0], 50);
  EXPECT_EQ(read(text, {.convention = "brats2023"}).responses[0].run_values[0], 90);
  EXPECT_THROW(read(text, {.convention = "medpy"}), Error);
}

TEST(ResultsTable, WrongTablesAreExplained) {
  const std::string head = kHeader;
  EXPECT_NE(
      error_of(head + "0,1,c,mean,0.5,1\n1,1,c,mean,0.5,1\n0,1,c,mean,0.5,1\n").find("r.csv:4"),
      std::string::npos);
  EXPECT_NE(error_of(head + "0,1,c,mean,50,1\n1,1,c,mean,0.5,1\n").find("fraction"),
            std::string::npos);
  EXPECT_NE(error_of(head + "0,x,c,mean,0.5,1\n1,1,c,mean,0.5,1\n").find("whole number"),
            std::string::npos);
  EXPECT_NE(error_of(head + "0,1,c,wt,0.5,1\n1,1,c,mean,0.5,1\n").find("WT, TC, ET, mean"),
            std::string::npos);
  EXPECT_NE(error_of(head + "0,1,c,mean,0.5,1\n0,1,d,mean,0.5,1\n1,1,c,mean,0.5,1\n",
                     ExitCode::Incomplete)
                .find("'d' is missing"),
            std::string::npos);
  EXPECT_NE(error_of("a,seed,case,region\n0,1,c,mean\n1,1,c,mean\n").find("no column 'dice'"),
            std::string::npos);
}

TEST(ResultsTable, TheStudyFixesLevelsAndCountsItsRuns) {
  StudySpec study;
  study.factors = {{"a", {"1", "0"}}};
  study.seeds = {1, 2, 3};
  const StudyData data = read(text_of(rows()), {.study = study});
  EXPECT_EQ(data.design.levels(0).at("a"), "1");
  EXPECT_EQ(data.warnings.at(0), "2 of 6 runs are missing");
}

}  // namespace
}  // namespace yates::study
