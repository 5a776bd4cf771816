// SPDX-License-Identifier: Apache-2.0
// A study with one arm of ours and one external arm, from phantoms to results.
#include <filesystem>
#include <poll.h>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/csv.hpp"
#include "base/file.hpp"
#include "launcher/campaign/child_process.hpp"
#include "launcher/campaign/launcher.hpp"
#include "launcher/campaign/results.hpp"
#include "launcher/campaign/run_record.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::campaign {
namespace {

class BuiltinArmTest : public ::testing::Test {
 protected:
  void yates(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), YATES_BINARY);
    ChildProcess process(Command{.words = arguments,
                                 .environment = {},
                                 .directory = directory_.path(),
                                 .log = directory_ / "log.txt"});
    pollfd wait = {process.ended_descriptor(), POLLIN, 0};
    ::poll(&wait, 1, 120'000);
    const std::optional<Ending> ending = process.ending();
    ASSERT_TRUE(ending && ending->exit_code == 0) << read_file(directory_ / "log.txt");
  }

  void make_data() {
    yates({"data",
           "phantom",
           "--out",
           "cases",
           "--cases",
           "4",
           "--seed",
           "1",
           "--shape",
           "48,48,48"});
    yates({"data", "import", "--in", "cases", "--out", "shards"});
    yates(
        {"data", "split", "--data", "shards", "--out", "split.json", "--ratios", "0.5,0.25,0.25"});
  }

  void write_study() {
    write_file_atomic(directory_ / "base.yaml",
                      "data: {dir: " + (directory_ / "shards").string() +
                          ", split: " + (directory_ / "split.json").string() +
                          ", patch: [32, 32, 32], workers: 1}\n"
                          "train: {epochs: 1, steps_per_epoch: 2, device: cpu}\n"
                          "evaluate: {tta: none}\n");
    write_file_atomic(directory_ / "theirs.sh",
                      "#!/bin/sh\n"
                      "mkdir -p predictions; cp ../../references/*/*.nii.gz predictions/\n");
    std::filesystem::permissions(directory_ / "theirs.sh", std::filesystem::perms::owner_all);
    write_file_atomic(
        directory_ / "study.yaml",
        "study: {name: mixed, base: base.yaml, out: " + (directory_ / "camp").string() +
            "}\n"
            "factors:\n"
            "  trainer: {ours: {model.width: 8}, theirs: {command: [./theirs.sh]}}\n"
            "design: {seeds: [7]}\n"
            "retry: {attempts: 1}\n");
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(BuiltinArmTest, OursAndAnExternalArmEndInOneTableOfResults) {
  make_data();
  write_study();
  const config::StudyFile study = config::load_study_file(directory_ / "study.yaml");
  const Plan plan = make_plan(study, 1);
  const LauncherOptions options{.slots = 1, .ranks = 2, .yates = YATES_BINARY};
  const CampaignCounts counts = run_campaign(study, plan, options);
  for (const PlannedRun& run : plan.runs) {
    const RunRecord record = read_run_record(run_directory(study, run));
    EXPECT_EQ(record.state, RunState::Done) << run.id << ": " << record.stage << record.reason;
  }
  ASSERT_EQ(counts.done, 2);
  const auto ours = run_directory(study, plan.runs[0]);
  EXPECT_EQ(read_trainer_status(ours).step, 2);
  const CsvTable table = collect_results(study, plan, study.out).table;
  const std::size_t trainer = table.column("trainer");
  const std::size_t dice = table.column("dice");
  std::size_t of_ours = 0;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    if (table.rows[row][trainer] == "theirs") {
      EXPECT_DOUBLE_EQ(table.number(row, dice), 1.0) << "the references were copied";
    } else {
      ++of_ours;
    }
  }
  EXPECT_EQ(of_ours * 2, table.rows.size());
}

}  // namespace
}  // namespace yates::campaign
