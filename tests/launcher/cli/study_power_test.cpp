// SPDX-License-Identifier: Apache-2.0
// yates study power as a user meets it.
#include <cmath>
#include <regex>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::testing {
namespace {

class StudyPower : public ::testing::Test {
 protected:
  void SetUp() override { write_study(""); }

  /// The 2 x 2 x 2 of the paper with four seeds; `more` goes into the analysis section.
  void write_study(const std::string& more) {
    write_file_atomic(
        folder_ / "study.yaml",
        "schema: 1\nstudy: {name: s, out: out}\n"
        "factors:\n"
        "  relocate: {\"-\": {}, \"+\": {model.mamba_stages: [0, 1]}}\n"
        "  prune: {\"-\": {}, \"+\": {model.prune.enabled: true}}\n"
        "  width: {\"48\": {}, \"32\": {model.width: 32}}\n"
        "design: {seeds: [1, 2, 3, 4]}\n"
        "analysis:\n  primary: {metric: dice, region: mean, contrast: \"relocate:prune\", at: "
        "{width: \"32\"}, delta: 2.92}\n" +
            more + "budget: {gpu_days: 96}\n");
  }

  CommandResult power(std::vector<std::string> arguments) {
    std::vector<std::string> all = {"study", "power", "study.yaml"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run_yates(std::move(all), folder_.path().string());
  }

  Json power_json(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--json", "-"});
    const CommandResult result = power(std::move(arguments));
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return parse_json(result.output, "stdout");
  }

  TemporaryDirectory folder_;
};

TEST_F(StudyPower, SaysBeforehandThatTheBudgetIsTooSmall) {
  const CommandResult text = power({"--sigma", "2.717", "--sigma-df", "3"});
  ASSERT_EQ(text.exit_code, 0) << text.error;
  EXPECT_NE(text.output.find("not identifiable within this budget"), std::string::npos);
  EXPECT_NE(text.output.find("1.54 to 10.13"), std::string::npos) << text.output;
  const Json json = power_json({"--sigma", "2.717", "--sigma-df", "3"});
  EXPECT_EQ(json["identifiable"], false);
  EXPECT_EQ(json["seeds"]["needed"], 30);
  for (const char* key : {"contrast", "sigma", "n", "power", "mde"}) {
    EXPECT_TRUE(json["power"][0].contains(key)) << key;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

TEST_F(StudyPower, ASmallSigmaIsIdentifiable) {
  const Json json = power_json({"--sigma", "0.5"});
  EXPECT_EQ(json["identifiable"], true);
  EXPECT_EQ(json["seeds"]["needed"], 3);
  EXPECT_NEAR(json["gpu_days"]["per_seed"].get<double>(), 17.45, .05);
}

TEST_F(StudyPower, SigmaComesFromAPilotOfRuns) {
  std::string table = "relocate,prune,width,seed,case,region,dice,hd95_mm\n";
  const double shift[] = {0, .05, -.02};
  const double error[3][4] = {{.01, -.01, 0, .005}, {-.01, .01, .01, 0}, {0, 0, -.01, .01}};
  double squares = 0;
  for (int seed = 0; seed < 3; ++seed) {
    double row = 0;
    for (int cell = 0; cell < 4; ++cell) {
      row += error[seed][cell] / 4;
    }
    for (int cell = 0; cell < 4; ++cell) {
      double column = 0;
      double all = 0;
      for (int other = 0; other < 3; ++other) {
        column += error[other][cell] / 3;
        for (int c = 0; c < 4; ++c) {
          all += error[other][c] / 12;
        }
      }
      squares += std::pow(100 * (error[seed][cell] - row - column + all), 2);
      table += std::string(cell % 2 == 0 ? "-" : "+") + (cell < 2 ? ",-,32," : ",+,32,") +
               std::to_string(seed + 1) + ",c1,mean," +
               std::to_string(.8 + shift[seed] + error[seed][cell]) + ",5\n";
    }
  }
  write_file_atomic(folder_ / "pilot.csv", table);
  const Json json = power_json({"--pilot", "pilot.csv"});
  EXPECT_NEAR(json["sigma"]["value"].get<double>(), std::sqrt(squares / 6), 1e-3);
  EXPECT_EQ(json["sigma"]["df"], 6);
  EXPECT_EQ(json["sigma"]["method"], "blocked");
}

TEST_F(StudyPower, SigmaComesFromPairsAndFromCells) {
  const Json pairs =
      power_json({"--pilot", std::string(YATES_GOLDEN_DIR) + "/study/reseeded_runs.csv"});
  EXPECT_NEAR(pairs["sigma"]["value"].get<double>(), 2.717, .001);
  EXPECT_EQ(pairs["sigma"]["df"], 3);
  std::string study = read_file(folder_ / "study.yaml");
  study.replace(study.find("metric: dice"), 12, "metric: hd95_mm");
  write_file_atomic(folder_ / "study.yaml", study);
  const Json distances =
      power_json({"--pilot", std::string(YATES_GOLDEN_DIR) + "/study/reseeded_runs.csv"});
  EXPECT_NEAR(distances["sigma"]["value"].get<double>(), 7.63, .005);
  write_study("");
  write_file_atomic(folder_ / "cells.csv",
                    "relocate,prune,width,seed,dice_mean\n-,-,32,1,90\n+,-,32,1,88\n-,-,32,2,91\n"
                    "+,-,32,2,90\n");
  EXPECT_NEAR(power_json({"--pilot", "cells.csv"})["sigma"]["value"].get<double>(), .5, 1e-9);
}

TEST_F(StudyPower, BlindedReEstimationShowsNoEffect) {
  // Interactions of 40 points: only a look at them could find that number.
  std::string table = "relocate,prune,width,seed,case,region,dice,hd95_mm\n";
  for (int seed = 1; seed <= 3; ++seed) {
    for (int cell = 0; cell < 4; ++cell) {
      const double dice = .4 + (cell == 3 ? .4 : 0) + .001 * (seed * (cell + 1) % 5);
      table += std::string(cell % 2 == 0 ? "-" : "+") + (cell < 2 ? ",-,32," : ",+,32,") +
               std::to_string(seed) + ",c1,mean," + std::to_string(dice) + ",5\n";
    }
  }
  write_file_atomic(folder_ / "results.csv", table);
  const CommandResult result = power({"--blind", "--results", "results.csv"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NE(result.output.find("blinded"), std::string::npos);
  EXPECT_FALSE(std::regex_search(result.output, std::regex("(^|[^0-9])(39|40)\\.")))
      << result.output;
  EXPECT_EQ(power({"--blind", "--pilot", "results.csv"}).exit_code, 2);
  EXPECT_EQ(power({"--blind"}).exit_code, 3);
}

TEST_F(StudyPower, LooksAreForecast) {
  write_study("  sequential: {spending: obf, looks: [2, 3, 4], futility: 0.2}\n");
  const Json json = power_json({"--sigma", "1"});
  EXPECT_EQ(json["sequential"]["bounds"].size(), 3U);
  EXPECT_EQ(json["sequential"]["method"], "blocked");
  EXPECT_GT(json["sequential"]["at_effect"]["power"], json["sequential"]["at_null"]["power"]);
}

TEST_F(StudyPower, TheCurveIsAFigureWithEqualBytes) {
  ASSERT_EQ(power({"--sigma", "1", "--figure", "a.svg"}).exit_code, 0);
  ASSERT_EQ(power({"--sigma", "1", "--figure", "b.svg"}).exit_code, 0);
  EXPECT_EQ(read_file(folder_ / "a.svg"), read_file(folder_ / "b.svg"));
  EXPECT_NE(read_file(folder_ / "a.svg").find("seeds per arm"), std::string::npos);
}

TEST_F(StudyPower, HelpTeaches) {
  const CommandResult result = power({"--help"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_NE(result.output.find("noncentral t"), std::string::npos);
  EXPECT_NE(result.output.find("Example:"), std::string::npos);
}

}  // namespace
}  // namespace yates::testing
