// SPDX-License-Identifier: Apache-2.0
// docs/examples/paper: its commands run as they stand there, and say what its text says.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/csv.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::testing {
namespace {

const std::filesystem::path kExample = YATES_PAPER_EXAMPLE;

/// The command of the README that begins so, as arguments without the program.
std::vector<std::string> documented(const std::string& beginning) {
  const std::string text = read_file(kExample / "README.md");
  const std::size_t start = text.find(beginning);
  EXPECT_NE(start, std::string::npos);
  const std::string line = text.substr(start, text.find_first_of("`\n", start) - start);
  std::vector<std::string> arguments = split(line, ' ');
  arguments.erase(arguments.begin());
  return arguments;
}

/// Runs it in the example's folder with another output.
Json run_documented(const std::string& beginning, const std::filesystem::path& out) {
  std::vector<std::string> arguments = documented(beginning);
  EXPECT_EQ(arguments[arguments.size() - 2], "--out");
  arguments.back() = out.string();
  const CommandResult result = run_yates(arguments, kExample.string());
  EXPECT_EQ(result.exit_code, 0) << result.error;
  return read_json(out / "effects.json");
}

Json contrast(const Json& json,
              const std::string& name,
              const Json& at,
              const std::string& metric) {
  for (const Json& row : json["contrasts"]) {
    if (row["name"] == name && row["at"] == at && row["metric"] == metric) {
      return row;
    }
  }
  ADD_FAILURE() << name << " " << at.dump() << " " << metric;
  return {};
}

double estimate(const Json& json,
                const std::string& name,
                const Json& at,
                const std::string& metric) {
  return contrast(json, name, at, metric)["estimate"].get<double>();
}

/// Equal texts, or numbers equal but for the rounding of another compiler.
void expect_same(const std::string& now, const std::string& stored) {
  const auto one = parse_number(now);
  const auto other = parse_number(stored);
  if (one && other) {
    EXPECT_NEAR(*one, *other, 1e-9 * std::max(1.0, std::abs(*other)));
  } else {
    EXPECT_EQ(now, stored);
  }
}

const std::string kReport =
    "yates analyze --table factorial_cells.csv --factors "
    "relocate,prune,conv_lt,width --response dice_mean,hd95_mean";
const std::string kClasses =
    "yates analyze --table factorial_cells.csv --factors "
    "relocate,prune,conv_lt,width --response dice_wt";

TEST(PaperExample, TheInteractionIsWithinTheNoise) {
  const TemporaryDirectory folder;
  const Json json = run_documented(kReport, folder.path());
  const Json row =
      contrast(json, "relocate:prune", {{"conv_lt", "0"}, {"width", "32"}}, "dice_mean");
  EXPECT_TRUE(row["primary"].get<bool>());
  EXPECT_NEAR(row["estimate"].get<double>(), 2.92, 1e-9);
  EXPECT_NEAR(row["se"].get<double>(), 5.43, 5e-3);
  EXPECT_EQ(row["df"], 3.0);
  EXPECT_NEAR(row["ci"][0].get<double>(), -14.4, .05);
  EXPECT_NEAR(row["ci"][1].get<double>(), 20.2, .05);
  EXPECT_EQ(row["verdict"], "inconclusive");
  EXPECT_NEAR(json["lenth"]["pse"].get<double>(), .975, 1e-9);
  EXPECT_NEAR(json["lenth"]["me_simulated"].get<double>(), 2.2408, 5e-5);
  EXPECT_TRUE(json["lenth"]["active"].empty());
  const std::string report = read_file(folder / "report.md");
  EXPECT_NE(report.find("within the noise"), std::string::npos);
}

TEST(PaperExample, TheStoredReportIsWhatTheCommandWrites) {
  const TemporaryDirectory folder;
  (void)run_documented(kReport, folder.path());
  for (const char* file : {"effects.csv", "cells.csv"}) {
    const CsvTable now = read_csv(folder / file);
    const CsvTable stored = read_csv(kExample / "report" / file);
    ASSERT_EQ(now.header, stored.header) << file;
    ASSERT_EQ(now.rows.size(), stored.rows.size()) << file;
    for (std::size_t row = 0; row < now.rows.size(); ++row) {
      for (std::size_t column = 0; column < now.header.size(); ++column) {
        expect_same(now.rows[row][column], stored.rows[row][column]);
      }
    }
  }
}

TEST(PaperExample, WhatTheTablesSayAgainstTheText) {
  const TemporaryDirectory folder;
  const Json json = run_documented(kClasses, folder.path());
  const Json narrow = {{"conv_lt", "0"}, {"width", "32"}};
  const Json wide = {{"conv_lt", "0"}, {"width", "48"}};
  const auto expect = [&](const char* name, const Json& at, const char* metric, double value) {
    EXPECT_NEAR(estimate(json, name, at, metric), value, 1e-9) << name << metric;
  };
  expect("relocate:prune", narrow, "dice_wt", 1.99);
  expect("relocate:prune", narrow, "dice_tc", 2.83);
  expect("relocate:prune", narrow, "dice_et", 3.91);
  expect("relocate:prune", narrow, "hd95_wt", -9.02);
  expect("relocate:prune", narrow, "hd95_tc", -6.52);
  expect("relocate:prune", narrow, "hd95_et", -13.81);
  expect("relocate:prune", narrow, "hd95_mean", -9.79);
  expect("relocate:prune", wide, "dice_mean", -0.32);
  expect("relocate:prune", wide, "hd95_wt", -0.05);
  expect("relocate:prune", wide, "hd95_tc", 0.83);
  expect("relocate:prune", wide, "hd95_et", 1.70);
  expect("relocate:prune", wide, "hd95_mean", 0.83);
  expect("prune:conv_lt", {{"relocate", "1"}, {"width", "32"}}, "dice_mean", -4.23);
  expect("prune:conv_lt", {{"relocate", "1"}, {"width", "48"}}, "dice_mean", 2.24);
  expect("prune:conv_lt", {{"relocate", "1"}, {"width", "48"}}, "dice_et", 3.68);
  expect("prune:conv_lt", {{"relocate", "1"}, {"width", "48"}}, "hd95_mean", -2.55);
  // Three widths: linear weights -1, 0, 1 over 32, 40, 48; 40 was not run, so its weight is none.
  expect("prune:conv_lt:width.lin", {{"relocate", "1"}}, "dice_mean", 6.47);
  expect("relocate:prune:width.lin", {{"conv_lt", "0"}}, "dice_mean", -3.24);
  expect("relocate:width.quad", {{"prune", "0"}, {"conv_lt", "0"}}, "dice_mean", -4.62);
  expect("prune", {{"relocate", "0"}, {"conv_lt", "0"}, {"width", "48"}}, "dice_tc", -1.10);
  expect("prune", {{"relocate", "0"}, {"conv_lt", "0"}, {"width", "32"}}, "hd95_mean", 2.08);
  bool named = false;
  for (const Json& entry : json["not_estimable"]) {
    named = named ||
            (entry["term"] == "relocate:prune" &&
             entry["at"] == Json({{"conv_lt", "0"}, {"width", "40"}}) && entry["add"].size() == 1 &&
             entry["add"][0]["relocate"] == "1" && entry["add"][0]["prune"] == "1");
  }
  EXPECT_TRUE(named);
}

TEST(PaperExample, BestCellsOfTableSeven) {
  const TemporaryDirectory folder;
  const Json json = run_documented(kClasses, folder.path());
  const auto best = [&](const char* metric) {
    Json found;
    for (const Json& cell : json["cells"]) {
      if (cell["metric"] == metric && cell["levels"]["width"] == "32" &&
          (found.is_null() || cell["mean"] < found["mean"])) {
        found = cell;
      }
    }
    return found;
  };
  EXPECT_EQ(best("hd95_wt")["mean"], 3.62);
  EXPECT_EQ(best("hd95_wt")["levels"]["relocate"], "0");
  EXPECT_EQ(best("hd95_mean")["mean"], 6.13);
  EXPECT_EQ(best("hd95_mean")["levels"]["conv_lt"], "1");
}

TEST(PaperExample, OtherSeedsAndKeepRates) {
  const TemporaryDirectory folder;
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "analyze");
    arguments.insert(arguments.end(), {"--out", folder.path().string()});
    const CommandResult result = run_yates(arguments, kExample.string());
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return read_json(folder / "effects.json");
  };
  const Json seeds =
      run({"--table", "appendix_f.csv", "--factors", "relocate,prune", "--response", "dice_mean"});
  EXPECT_NEAR(estimate(seeds, "relocate:prune", Json::object(), "dice_mean"), 1.44, 1e-9);
  const Json rates =
      run({"--table", "keep_rate_search.csv", "--factors", "strategy", "--response", "hd95"});
  EXPECT_EQ(rates["cells"][0]["levels"]["strategy"], "ascending");
  EXPECT_EQ(rates["cells"][0]["min"], 4.63);
  EXPECT_EQ(rates["cells"][0]["max"], 18.60);
}

}  // namespace
}  // namespace yates::testing
