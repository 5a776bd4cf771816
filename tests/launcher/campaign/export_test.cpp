// SPDX-License-Identifier: Apache-2.0
// Tables and archives of a study, read back by other programs.
#include "base/csv.hpp"
#include "launcher/campaign/bundle.hpp"
#include "launcher/campaign/results_hdf5.hpp"
#include "launcher/campaign/tar_file.hpp"
#include "tests/launcher/campaign/shell_study.hpp"
#include "tests/support/command.hpp"
#include "tests/support/expect_error.hpp"

namespace yates::campaign {
namespace {

using testing::run_command;
using testing::run_yates;

class ExportTest : public ShellStudy {
 protected:
  static constexpr const char* kPrimary =
      "analysis: {primary: {metric: dice, region: mean, contrast: 'a:b'}}\n";

  void run_study() {
    file_ = study(kTrainer, kPrimary);
    const auto result = run_yates({"study", "run", at("study.yaml"), "--slots", "4"});
    ASSERT_EQ(result.exit_code, 0) << result.error;
  }

  config::StudyFile file_;
};

TEST_F(ExportTest, ArchiveHoldsTheStudyAndItsAnalysisCanBeDoneAgainFromIt) {
  run_study();
  const auto made = run_yates({"study", "export", at("study.yaml"), "--bundle", at("study.tar")});
  ASSERT_EQ(made.exit_code, 0) << made.error;
  const std::string listing = run_command({"tar", "-tf", at("study.tar")}).output;
  for (const char* name : {"shell/study.yaml\n",
                           "shell/base.yaml\n",
                           "shell/plan.json\n",
                           "shell/results.csv\n",
                           "shell/redo.sh\n",
                           "shell/report/effects.json\n",
                           "shell/report/report.html\n"}) {
    EXPECT_NE(listing.find(name), std::string::npos) << name << "\n" << listing;
  }
  const std::string run = make_plan(file_, 1).runs[0].id;
  EXPECT_NE(listing.find("shell/runs/" + run + "/cases.csv\n"), std::string::npos) << listing;

  std::filesystem::create_directories(directory_ / "elsewhere");
  EXPECT_EQ(run_command({"tar", "-xf", at("study.tar"), "-C", at("elsewhere")}).exit_code, 0);
  const std::string path =
      std::filesystem::path(YATES_BINARY).parent_path().string() + ":/usr/bin:/bin";
  const auto redone =
      run_command({"sh", "redo.sh", "analysis"}, at("elsewhere/shell"), {"PATH=" + path});
  ASSERT_EQ(redone.exit_code, 0) << redone.error;
  const Json before = read_json(at("elsewhere/shell/report/effects.json"));
  const Json after = read_json(at("elsewhere/shell/redone/effects.json"));
  EXPECT_EQ(before["contrasts"], after["contrasts"]);
}

TEST_F(ExportTest, SameStudyGivesTheSameArchiveBytes) {
  run_study();
  for (const char* name : {"one.tar", "two.tar"}) {
    (void)run_yates({"study", "export", at("study.yaml"), "--bundle", at(name)});
  }
  EXPECT_EQ(read_file(at("one.tar")), read_file(at("two.tar")));
}

TEST_F(ExportTest, LinksInARunAreNotPacked) {
  run_study();
  write_file_atomic(directory_ / "secret", "a colleague's file");
  const auto link = run_directory(file_, make_plan(file_, 1).runs[0]) / "metrics.jsonl";
  std::filesystem::create_symlink(directory_ / "secret", link);
  (void)run_yates({"study", "export", at("study.yaml"), "--bundle", at("study.tar")});
  EXPECT_EQ(read_file(at("study.tar")).find("a colleague's file"), std::string::npos);
}

TEST_F(ExportTest, NamesThatTarCannotHoldAreRefused) {
  TarFile tar(directory_ / "x.tar");
  tar.add(std::string(120, 'a') + "/" + std::string(90, 'b'), "content");
  tar.commit();
  EXPECT_EQ(run_command({"tar", "-tf", at("x.tar")}).output,
            std::string(120, 'a') + "/" + std::string(90, 'b') + "\n");
  TarFile other(directory_ / "y.tar");
  EXPECT_THROW(other.add(std::string(101, 'b'), ""), Error);
}

#ifdef YATES_H5DUMP
TEST_F(ExportTest, Hdf5HoldsTheColumnsOfTheTable) {
  run_study();
  for (const char* name : {"results.csv", "results.h5"}) {
    const auto result = run_yates({"study", "export", at("study.yaml"), "--out", at(name)});
    ASSERT_EQ(result.exit_code, 0) << result.error;
  }
  const CsvTable table = read_csv(at("results.csv"));
  ASSERT_EQ(table.rows.size(), 12U);
  const auto dump = [&](const std::string& column) {
    return run_command(
        {YATES_H5DUMP, "-y", "-w", "1", "-d", "results/" + column, at("results.h5")});
  };
  const std::string seeds = dump("seed").output;
  const std::string arms = dump("a").output;
  EXPECT_NE(seeds.find("H5T_STD_I64LE"), std::string::npos) << seeds;
  EXPECT_NE(seeds.find("( 12 )"), std::string::npos) << seeds;
  EXPECT_NE(dump("dice").output.find(table.rows[0][table.column("dice")]), std::string::npos);
  EXPECT_NE(arms.find("\"+\""), std::string::npos) << arms;
}
#endif

}  // namespace
}  // namespace yates::campaign
