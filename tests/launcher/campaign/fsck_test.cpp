// SPDX-License-Identifier: Apache-2.0
// What crashes leave behind is found, repaired and told; what is not ours is left alone.
#include "launcher/campaign/fsck.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "launcher/campaign/campaign_lock.hpp"
#include "launcher/campaign/launcher.hpp"
#include "launcher/campaign/scratch_name.hpp"
#include "launcher/campaign/wave.hpp"
#include "tests/launcher/campaign/shell_study.hpp"
#include "tests/support/command.hpp"

namespace yates::campaign {
namespace {

class FsckTest : public ShellStudy {
 protected:
  void SetUp() override {
    file_ = study(kTrainer);
    plan_ = make_plan(file_, 1);
    (void)publish_plan(file_, plan_json(file_, plan_));
    for (const PlannedRun& run : plan_.runs) {
      finish(file_, run, 0.5);
    }
  }

  [[nodiscard]] std::filesystem::path folder(std::size_t run) const {
    return run_directory(file_, plan_.runs[run]);
  }

  /// The finding about a file whose path ends so; null if there is none.
  static const Repair* about(const std::vector<Repair>& repairs, const std::string& end) {
    const auto found = std::find_if(repairs.begin(), repairs.end(), [&](const Repair& repair) {
      return repair.file.ends_with(end);
    });
    return found == repairs.end() ? nullptr : &*found;
  }

  config::StudyFile file_;
  Plan plan_;
};

TEST_F(FsckTest, SoundCampaignHasNoFindings) {
  EXPECT_TRUE(check_campaign(file_, plan_, false).empty());
}

TEST_F(FsckTest, UnfinishedFilesAreRemovedAndADryRunTouchesNothing) {
  const auto left = scratch_name(folder(0), "campaign.json");
  write_file_atomic(left, "{\"sch");
  EXPECT_EQ(check_campaign(file_, plan_, true).size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(left));
  const auto repairs = check_campaign(file_, plan_, false);
  ASSERT_EQ(repairs.size(), 1U);
  EXPECT_EQ(repairs[0].action, "removed");
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_TRUE(check_campaign(file_, plan_, false).empty());
}

TEST_F(FsckTest, RecordsAreMadeAnewFromTheEvidence) {
  write_file_atomic(folder(0) / "campaign.json", "{\"schema\": 1, \"sta");
  write_file_atomic(folder(0) / "status.json", "{\"state\": \"done\", \"step\": 7}");
  write_file_atomic(folder(1) / "campaign.json", "");
  const auto repairs = check_campaign(file_, plan_, false);
  EXPECT_EQ(repairs.size(), 2U);
  EXPECT_EQ(read_run_record(folder(0)).state, RunState::Done);
  EXPECT_EQ(read_run_record(folder(0)).step, 7);
  EXPECT_EQ(read_run_record(folder(1)).state, RunState::Waiting);
  EXPECT_TRUE(std::filesystem::exists(folder(1) / "campaign.json.damaged"));
}

TEST_F(FsckTest, RunWithoutALauncherBecomesInterruptedWithItsGpuDays) {
  RunRecord record = read_run_record(folder(2));
  record.state = RunState::Running;
  record.open_gpu_seconds = 100;
  write_run_record(folder(2), record);
  const auto repairs = check_campaign(file_, plan_, false);
  ASSERT_NE(about(repairs, "campaign.json"), nullptr);
  const RunRecord mended = read_run_record(folder(2));
  EXPECT_EQ(mended.state, RunState::Interrupted);
  EXPECT_DOUBLE_EQ(mended.gpu_seconds, 110);
  EXPECT_DOUBLE_EQ(mended.lost_gpu_seconds, 100) << "no checkpoint is known";
  EXPECT_DOUBLE_EQ(mended.open_gpu_seconds, 0);
}

TEST_F(FsckTest, DoneRunWithoutItsTableIsDoneAgain) {
  std::filesystem::remove(folder(3) / "cases.csv");
  EXPECT_NE(about(check_campaign(file_, plan_, false), "cases.csv"), nullptr);
  EXPECT_EQ(read_run_record(folder(3)).state, RunState::Waiting);
  const LauncherOptions options{.yates = YATES_BINARY};
  EXPECT_EQ(run_campaign(file_, plan_, options).done, 12);
}

TEST_F(FsckTest, DamagedPlanIsWrittenAnewAndStrangersAreReported) {
  write_file_atomic(plan_path(file_), "{");
  make_directories(file_.out / "runs" / "older-run");
  const auto repairs = check_campaign(file_, plan_, false);
  ASSERT_NE(about(repairs, "plan.json"), nullptr);
  ASSERT_NE(about(repairs, "older-run"), nullptr);
  EXPECT_EQ(about(repairs, "older-run")->action, "");
  EXPECT_EQ(publish_plan(file_, plan_json(file_, plan_)), Published::Unchanged);
}

TEST_F(FsckTest, SubmissionOfADeadProcessIsAskedFor) {
  WaveLog log;
  log.batches.push_back(
      {.wave = 1, .name = "yates-shell-w1-1", .runs = {}, .job = "", .submitted = "now"});
  write_wave_log(file_, log);
  const auto repairs = check_campaign(file_, plan_, true);
  ASSERT_NE(about(repairs, "waves.json"), nullptr);
  EXPECT_NE(about(repairs, "waves.json")->found.find("yates-shell-w1-1"), std::string::npos);
}

TEST_F(FsckTest, LinksAreReportedAndNeverFollowed) {
  const auto secret = directory_ / "secret";
  make_directories(secret);
  write_file_atomic(secret / ".x.tmp", "not ours");
  std::filesystem::create_directory_symlink(secret, file_.out / "runs" / "link");
  const auto repairs = check_campaign(file_, plan_, false);
  ASSERT_NE(about(repairs, "link"), nullptr);
  EXPECT_TRUE(std::filesystem::exists(secret / ".x.tmp"));
}

TEST_F(FsckTest, CampaignAtWorkIsRefused) {
  {
    const CampaignLock lock(folder(0), 0);
    EXPECT_THROW((void)check_campaign(file_, plan_, false), Error);
  }
  const auto result = testing::run_yates({"study", "fsck", at("study.yaml"), "--json", "-"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(parse_json(result.output, "stdout").size(), 0U);
}

}  // namespace
}  // namespace yates::campaign
