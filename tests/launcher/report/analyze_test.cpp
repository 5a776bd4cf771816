// SPDX-License-Identifier: Apache-2.0
// yates analyze as a user meets it.
#include <filesystem>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::testing {
namespace {

const std::string kTable = std::string(YATES_GOLDEN_DIR) + "/study/factorial_cells.csv";
const std::string kPairs = std::string(YATES_GOLDEN_DIR) + "/study/reseeded_runs.csv";

Json contrast(const Json& json, const std::string& name, const Json& at) {
  for (const Json& row : json["contrasts"]) {
    if (row["name"] == name && row["at"] == at) {
      return row;
    }
  }
  return {};
}

TEST(Analyze, TablesOfThePaper) {
  const TemporaryDirectory folder;
  const CommandResult result = run_yates({"analyze",
                                          "--table",
                                          kTable,
                                          "--factors",
                                          "relocate,prune,conv_lt,width",
                                          "--response",
                                          "dice_mean",
                                          "--out",
                                          folder.path().string()});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const Json json = read_json(folder / "effects.json");
  const Json narrow = contrast(json, "relocate:prune", {{"conv_lt", "0"}, {"width", "32"}});
  EXPECT_NEAR(narrow["estimate"].get<double>(), 2.92, 1e-9);
  EXPECT_EQ(narrow["method"], "none");
  for (const char* key : {"se", "df", "ci", "p", "p_holm", "mde", "tost_p"}) {
    EXPECT_TRUE(narrow[key].is_null()) << key;
  }
  for (const char* file :
       {"report.html", "report.md", "report.tex", "effects.csv", "cells.csv", "interaction.svg"}) {
    EXPECT_TRUE(std::filesystem::exists(folder / file)) << file;
  }
}

TEST(Analyze, NoiseFromPairsGivesIntervals) {
  const TemporaryDirectory folder;
  const CommandResult result = run_yates({"analyze",
                                          "--table",
                                          kTable,
                                          "--factors",
                                          "relocate,prune,conv_lt,width",
                                          "--response",
                                          "dice_mean",
                                          "--levels",
                                          "width=48,32",
                                          "--noise-pairs",
                                          kPairs,
                                          "--json",
                                          "-",
                                          "--out",
                                          folder.path().string()});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const Json row = contrast(
      parse_json(result.output, "stdout"), "relocate:prune", {{"conv_lt", "0"}, {"width", "32"}});
  EXPECT_NEAR(row["se"].get<double>(), 5.43, 0.005);
  EXPECT_EQ(row["verdict"], "inconclusive");
}

TEST(Analyze, AnUnestimableContrastIsIncompleteAndNamesTheCell) {
  const TemporaryDirectory folder;
  const CommandResult result = run_yates({"analyze",
                                          "--table",
                                          kTable,
                                          "--factors",
                                          "relocate,prune,conv_lt,width",
                                          "--response",
                                          "dice_mean",
                                          "--contrast",
                                          "relocate:conv_lt",
                                          "--at",
                                          "prune=0",
                                          "--at",
                                          "width=48",
                                          "--out",
                                          folder.path().string()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.error.find("(relocate=0, prune=0, conv_lt=1, width=48)"), std::string::npos)
      << result.error;
}

TEST(Analyze, ResultsWithoutAFiniteValueAreRefused) {
  const TemporaryDirectory folder;
  write_file_atomic(
      folder / "study.yaml",
      "study: {name: s}\nfactors: {a: {\"x\": {command: [/bin/true]}, \"y\": {command: "
      "[/bin/false]}}}\ndesign: {seeds: [1]}\n");
  write_file_atomic(folder / "results.csv",
                    "a,seed,case,region,dice\nx,1,c,mean,nan\ny,1,c,mean,0.5\n");
  const CommandResult result = run_yates({"analyze",
                                          "--study",
                                          (folder / "study.yaml").string(),
                                          "--results",
                                          (folder / "results.csv").string(),
                                          "--out",
                                          (folder / "out").string()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.error.find("finite value"), std::string::npos) << result.error;
}

TEST(Analyze, WrongUseIsExplained) {
  const TemporaryDirectory folder;
  const std::string out = folder.path().string();
  EXPECT_EQ(run_yates({"analyze", "--out", out}).exit_code, 2);
  EXPECT_EQ(run_yates({"analyze", "--table", kTable, "--out", out}).exit_code, 2);
  EXPECT_EQ(
      run_yates(
          {"analyze", "--table", "none.csv", "--factors", "a", "--response", "y", "--out", out})
          .exit_code,
      66);
  const CommandResult column = run_yates({"analyze",
                                          "--table",
                                          kTable,
                                          "--factors",
                                          "relocat,prune",
                                          "--response",
                                          "dice_mean",
                                          "--out",
                                          out});
  EXPECT_EQ(column.exit_code, 65);
  EXPECT_NE(column.error.find("did you mean 'relocate'?"), std::string::npos) << column.error;
}

}  // namespace
}  // namespace yates::testing
