// SPDX-License-Identifier: Apache-2.0
// yates analyze on tables of people who never train here.
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/csv.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::testing {
namespace {

CommandResult analyze_text(const TemporaryDirectory& folder,
                           const std::string& text,
                           std::vector<std::string> more) {
  write_file_atomic(folder / "table.csv", text);
  std::vector<std::string> arguments = {
      "analyze", "--table", (folder / "table.csv").string(), "--out", (folder / "out").string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_yates(arguments);
}

Json row_of(const Json& rows, const std::string& key, const std::string& name, const Json& rest) {
  for (const Json& row : rows) {
    bool same = row[key] == name;
    for (const auto& [field, value] : rest.items()) {
      same = same && row[field] == value;
    }
    if (same) {
      return row;
    }
  }
  return {};
}

const std::vector<std::string> kColumns = {"--factors", "dose,sex", "--response", "y"};

TEST(AnyTable, TextInANumberIsNamedWithItsLine) {
  const TemporaryDirectory folder;
  const CommandResult result =
      analyze_text(folder, "dose,sex,y\n1,m,2.5\n2,m,about 3\n1,f,2\n2,f,4\n", kColumns);
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_NE(result.error.find("table.csv:3"), std::string::npos) << result.error;
  EXPECT_NE(result.error.find("about 3"), std::string::npos) << result.error;
  EXPECT_NE(result.error.find("'y'"), std::string::npos) << result.error;
}

TEST(AnyTable, ACellTwiceInABlockIsNamedWithBothLines) {
  const TemporaryDirectory folder;
  const CommandResult result = analyze_text(
      folder, "dose,sex,seed,y\n1,m,1,2\n2,m,1,3\n1,f,1,2\n2,f,1,4\n2,m,1,5\n", kColumns);
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_NE(result.error.find("table.csv:6"), std::string::npos) << result.error;
  EXPECT_NE(result.error.find("line 3"), std::string::npos) << result.error;
}

TEST(AnyTable, AFactorWithOneLevelIsRefusedWithTheFix) {
  const TemporaryDirectory folder;
  const CommandResult result = analyze_text(folder, "dose,sex,y\n1,m,2\n2,m,3\n", kColumns);
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_NE(result.error.find("'sex' has only the level 'm'"), std::string::npos) << result.error;
  EXPECT_NE(result.error.find("--factors"), std::string::npos) << result.error;
}

TEST(AnyTable, AnEmptyFieldIsNoNumber) {
  const TemporaryDirectory folder;
  const CommandResult result =
      analyze_text(folder, "dose,sex,y\n1,m,2\n2,m,\n1,f,2\n2,f,4\n", kColumns);
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_NE(result.error.find("table.csv:3"), std::string::npos) << result.error;
}

TEST(AnyTable, ReplicatesInRowsGiveWelchAndPooled) {
  const TemporaryDirectory folder;
  const CommandResult result = analyze_text(
      folder, "dose,sex,y\n1,m,2\n1,m,3\n2,m,5\n2,m,6\n1,f,2\n1,f,2.5\n2,f,2\n2,f,3\n", kColumns);
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const Json json = read_json(folder / "out/effects.json");
  const Json welch =
      row_of(json["contrasts"], "name", "dose:sex", {{"method", "welch"}, {"at", Json::object()}});
  EXPECT_NEAR(welch["estimate"].get<double>(), (2.5 - 2.25) - (5.5 - 2.5), 1e-12);
  EXPECT_TRUE(welch["headline"].get<bool>());
  EXPECT_TRUE(row_of(json["contrasts"], "name", "dose:sex", {{"method", "per_seed_t"}}).is_null());
  const Json pooled = row_of(json["contrasts"], "name", "dose:sex", {{"method", "pooled"}});
  EXPECT_EQ(pooled["df"], 4.0);
}

TEST(AnyTable, FiveFactorsWithMixedLevels) {
  const TemporaryDirectory folder;
  std::string text = "a,b,c,d,e,y\n";
  for (int cell = 0; cell < 48; ++cell) {
    const int a = cell % 2, b = cell / 2 % 2, c = cell / 4 % 3, d = cell / 12 % 2, e = cell / 24;
    const double y = 3 * a + 2 * b * c + d - e * a + 0.1 * (cell * 7 % 5);
    text += csv_line({std::to_string(a),
                      std::to_string(b),
                      std::to_string(8 * c + 16),
                      d == 0 ? "off" : "on",
                      std::to_string(e),
                      std::to_string(y)});
  }
  const CommandResult result =
      analyze_text(folder, text, {"--factors", "a,b,c,d,e", "--response", "y"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const Json json = read_json(folder / "out/effects.json");
  EXPECT_EQ(json["cells"].size(), 48U);
  EXPECT_EQ(json["effects"].size(), 47U);
  EXPECT_FALSE(row_of(json["contrasts"], "name", "b:c.lin", {{"at", Json::object()}}).is_null());
  for (const Json& row : json["contrasts"]) {
    ASSERT_EQ(row["method"], "none");
    ASSERT_TRUE(row["ci"].is_null());
  }
}

TEST(AnyTable, UnequalCellsHaveTypesOfSquares) {
  const TemporaryDirectory folder;
  const CommandResult result = analyze_text(
      folder, "dose,sex,y\n1,m,2\n1,m,3\n2,m,5\n2,m,6\n2,m,7\n1,f,2\n2,f,2\n2,f,3\n", kColumns);
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const Json json = read_json(folder / "out/effects.json");
  const auto f = [&](const char* type) {
    return row_of(json["anova_types"], "term", "dose", {{"type", type}})["f"].get<double>();
  };
  EXPECT_GT(std::abs(f("I") - f("III")), 1e-3);
  EXPECT_EQ(row_of(json["anova"], "term", "dose", Json::object())["f"].get<double>(), f("II"));
  EXPECT_EQ(json["anova"].size(), 5U);
  const std::string report = read_file(folder / "out/report.md");
  EXPECT_NE(report.find("Types of sums of squares"), std::string::npos);
}

TEST(AnyTable, ThreeSeedsHaveNoBootstrapAndTheReportSaysWhy) {
  const TemporaryDirectory folder;
  std::string text = "dose,sex,seed,y\n";
  for (int i = 0; i < 12; ++i) {
    text += csv_line({std::to_string(i % 2),
                      i / 2 % 2 == 0 ? "m" : "f",
                      std::to_string(i / 4),
                      std::to_string(i * i % 7)});
  }
  ASSERT_EQ(analyze_text(folder, text, kColumns).exit_code, 0);
  const Json json = read_json(folder / "out/effects.json");
  ASSERT_FALSE(json["bootstrap"].empty());
  EXPECT_TRUE(json["bootstrap"][0]["percentile"].is_null());
  EXPECT_NE(json["bootstrap"][0]["refused"].get<std::string>().find("3 units are too few"),
            std::string::npos);
  EXPECT_NE(read_file(folder / "out/report.md").find("No bootstrap over seeds"), std::string::npos);
}

TEST(AnyTable, TheRowsMayComeInAnyOrder) {
  const TemporaryDirectory one;
  const TemporaryDirectory two;
  const std::vector<std::string> rows = {"1,m,1,2.25\n",
                                         "2,m,1,3.5\n",
                                         "1,f,1,2\n",
                                         "2,f,1,4\n",
                                         "1,m,2,2.5\n",
                                         "2,m,2,4.1\n",
                                         "1,f,2,2\n",
                                         "2,f,2,5\n"};
  std::string forward = "dose,sex,seed,y\n";
  std::string backward = forward;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    forward += rows[i];
    backward += rows[(i * 3 + 5) % rows.size()];
  }
  const std::vector<std::string> more = {
      "--factors", "dose,sex", "--response", "y", "--levels", "sex=m,f"};
  ASSERT_EQ(analyze_text(one, forward, more).exit_code, 0);
  ASSERT_EQ(analyze_text(two, backward, more).exit_code, 0);
  EXPECT_EQ(read_file(one / "out/effects.csv"), read_file(two / "out/effects.csv"));
}

}  // namespace
}  // namespace yates::testing
