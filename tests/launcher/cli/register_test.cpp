// SPDX-License-Identifier: Apache-2.0
// Registration, amendments and looks as a user meets them.
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::testing {
namespace {

class Registered : public ::testing::Test {
 protected:
  void SetUp() override {
    write_study("delta: 1.0", "");
    write_results(5);
  }

  void write_study(const std::string& primary, const std::string& more) {
    write_file_atomic(folder_ / "study.yaml",
                      "schema: 1\nstudy: {name: s, out: out}\nfactors:\n"
                      "  a: {\"-\": {}, \"+\": {model.prune.enabled: true}}\n"
                      "  b: {\"-\": {}, \"+\": {model.width: 32}}\n"
                      "design: {seeds: [1, 2, 3, 4, 5]}\nanalysis:\n"
                      "  primary: {metric: dice, region: mean, contrast: \"a:b\", " +
                          primary + "}\n" + more);
  }

  /// A 2 x 2 whose interaction changes from seed to seed: no look finds it.
  void write_results(int seeds) {
    std::string text = "a,b,seed,case,region,dice,hd95_mm\n";
    for (int seed = 1; seed <= seeds; ++seed) {
      for (int cell = 0; cell < 4; ++cell) {
        const double dice = .8 + .01 * seed + (cell == 3 ? .02 * (seed % 3 - 1) + .01 : 0) +
                            .0007 * ((seed * 7 + cell * 5) % 4);
        text += std::string(cell % 2 == 0 ? "-" : "+") + (cell < 2 ? ",-," : ",+,") +
                std::to_string(seed) + ",c1,mean," + std::to_string(dice) + ",5\n";
      }
    }
    write_file_atomic(folder_ / "results.csv", text);
  }

  CommandResult yates(std::vector<std::string> arguments) {
    return run_yates(std::move(arguments), folder_.path().string());
  }

  CommandResult analyze(const std::vector<std::string>& more = {}) {
    std::vector<std::string> all = {
        "analyze", "--study", "study.yaml", "--results", "results.csv", "--out", "report"};
    all.insert(all.end(), more.begin(), more.end());
    return yates(std::move(all));
  }

  Json provenance() { return read_json(folder_ / "report" / "effects.json")["provenance"]; }

  TemporaryDirectory folder_;
};

TEST_F(Registered, FreezesTheAnalysisOnce) {
  const CommandResult first = yates({"study", "register", "study.yaml"});
  ASSERT_EQ(first.exit_code, 0) << first.error;
  const std::string record = read_file(folder_ / "out" / "registration.json");
  EXPECT_EQ(yates({"study", "register", "study.yaml"}).exit_code, 0);
  EXPECT_EQ(read_file(folder_ / "out" / "registration.json"), record);
  ASSERT_EQ(analyze().exit_code, 0);
  EXPECT_EQ(provenance()["registration"]["hash"].get<std::string>().size(), 64U);
  EXPECT_TRUE(provenance()["stamps"].empty());
}

TEST_F(Registered, AnotherAnalysisIsRefusedUntilItIsAmended) {
  ASSERT_EQ(yates({"study", "register", "study.yaml"}).exit_code, 0);
  write_study("delta: 2.0", "");
  const CommandResult refused = analyze();
  EXPECT_EQ(refused.exit_code, 78);
  EXPECT_NE(refused.error.find("delta: planned 1.0, now 2.0"), std::string::npos) << refused.error;
  EXPECT_EQ(yates({"study", "register", "study.yaml"}).exit_code, 78);
  EXPECT_EQ(yates({"study", "amend", "study.yaml"}).exit_code, 2);
  EXPECT_EQ(yates({"study", "amend", "study.yaml", "--reason", " "}).exit_code, 2);
  ASSERT_EQ(yates({"study", "amend", "study.yaml", "--reason", "the margin of <ref>"}).exit_code,
            0);
  EXPECT_EQ(yates({"study", "amend", "study.yaml", "--reason", "again"}).exit_code, 78);
  ASSERT_EQ(analyze().exit_code, 0);
  const Json stamps = provenance()["stamps"];
  ASSERT_EQ(stamps.size(), 1U);
  EXPECT_NE(stamps[0].get<std::string>().find("the margin of <ref>"), std::string::npos);
  EXPECT_NE(stamps[0].get<std::string>().find("Amended 2"), std::string::npos);
  EXPECT_NE(read_file(folder_ / "report" / "report.html").find("the margin of &lt;ref&gt;"),
            std::string::npos);
  EXPECT_NE(read_file(folder_ / "report" / "report.md").find("Amended 2"), std::string::npos);
  EXPECT_NE(read_file(folder_ / "report" / "report.tex").find("Amended 2"), std::string::npos);
}

TEST_F(Registered, FurtherSeedsAreAnAmendment) {
  ASSERT_EQ(yates({"study", "plan", "study.yaml"}).exit_code, 0);
  ASSERT_EQ(yates({"study", "register", "study.yaml"}).exit_code, 0);
  std::string text = read_file(folder_ / "study.yaml");
  text.replace(text.find("4, 5]"), 5, "4, 5, 6]");
  write_file_atomic(folder_ / "study.yaml", text);
  EXPECT_EQ(yates({"study", "plan", "study.yaml"}).exit_code, 78);
  ASSERT_EQ(yates({"study", "amend", "study.yaml", "--reason", "SD was larger"}).exit_code, 0);
  EXPECT_EQ(yates({"study", "plan", "study.yaml"}).exit_code, 0);
  EXPECT_EQ(read_json(folder_ / "out" / "plan.json")["runs"].size(), 24U);
}

TEST_F(Registered, AnEditedRecordIsFound) {
  ASSERT_EQ(yates({"study", "register", "study.yaml"}).exit_code, 0);
  std::string record = read_file(folder_ / "out" / "registration.json");
  const std::size_t place = record.find("\"delta\": 1.0");
  ASSERT_NE(place, std::string::npos);
  record.replace(place, 12, "\"delta\": 3.0");
  write_file_atomic(folder_ / "out" / "registration.json", record);
  EXPECT_EQ(analyze().exit_code, 65);
}

TEST_F(Registered, UndeclaredLooksNeedTheWordExploratory) {
  write_study("delta: 1.0", "  sequential: {spending: obf, looks: [3, 5]}\n");
  write_results(4);
  const CommandResult refused = analyze();
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_NE(refused.error.find("looks at 3, 5"), std::string::npos) << refused.error;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "report" / "effects.json"));
  const CommandResult shown = analyze({"--exploratory"});
  ASSERT_EQ(shown.exit_code, 0) << shown.error;
  EXPECT_EQ(provenance()["exploratory"], true);
  EXPECT_NE(provenance()["stamps"][0].get<std::string>().find("EXPLORATORY"), std::string::npos);
  EXPECT_NE(read_file(folder_ / "report" / "report.html").find("EXPLORATORY"), std::string::npos);
  EXPECT_NE(read_file(folder_ / "report" / "report.md").find("4 seeds are no declared look"),
            std::string::npos);
  const Json json = read_json(folder_ / "report" / "effects.json");
  EXPECT_EQ(json["looks"].size(), 2U);
  EXPECT_TRUE(json["looks"][1]["bound"].is_null());
  for (const Json& row : json["contrasts"]) {
    if (row["primary"].get<bool>()) {
      EXPECT_EQ(row["verdict"], "inconclusive");
    }
  }
}

TEST_F(Registered, DeclaredLooksAreAnalysed) {
  write_study("delta: 1.0", "  sequential: {spending: obf, looks: [3, 5]}\n");
  write_results(3);
  ASSERT_EQ(analyze().exit_code, 0);
  const Json looks = read_json(folder_ / "report" / "effects.json")["looks"];
  ASSERT_EQ(looks.size(), 1U);
  EXPECT_EQ(looks[0]["n"], 3);
  for (const char* key : {"statistic", "bound", "decision", "repeated_ci"}) {
    EXPECT_TRUE(looks[0].contains(key)) << key;
  }
  EXPECT_EQ(provenance()["exploratory"], false);
  write_results(5);
  ASSERT_EQ(analyze().exit_code, 0);
  EXPECT_EQ(read_json(folder_ / "report" / "effects.json")["looks"].size(), 2U);
}

}  // namespace
}  // namespace yates::testing
