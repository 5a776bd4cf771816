// SPDX-License-Identifier: Apache-2.0
// How campaigns end before their last run: killed, stopped, halted, out of budget, taken over.
#include <csignal>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "launcher/campaign/campaign_lock.hpp"
#include "launcher/campaign/launch_fence.hpp"
#include "launcher/campaign/launcher.hpp"
#include "launcher/campaign/status.hpp"
#include "launcher/campaign/stopping_rule.hpp"
#include "tests/launcher/campaign/campaign_of_scripts.hpp"

namespace yates::campaign {
namespace {

TEST_F(CampaignTest, KilledLauncherLeavesNoOrphanAndTheSameCommandContinues) {
  const config::StudyFile file = study(
      "echo $$ > ../../../pid.$YATES_SEED\n"
      "[ -e ../../../go ] || { touch ../../../started; setsid sleep 600 & echo $! > "
      "../../../sleeper; wait; }\n" +
      std::string(kWriteCases));
  const pid_t launcher = launch("1");
  ASSERT_TRUE(appears("sleeper")) << read_file(directory_ / "launcher.txt");
  ::kill(launcher, SIGKILL);
  ::waitpid(launcher, nullptr, 0);
  write_file_atomic(directory_ / "go", "");
  const CampaignView view = view_campaign(file, make_plan(file, 1));
  const CampaignCounts counts = run(file);
  EXPECT_EQ(counts.done, 12);
  EXPECT_EQ(record(file, 0).attempts, 2);
  EXPECT_EQ(record(file, 0).failures, 0) << "a killed launcher is no failure of the run";
  ::usleep(50'000);
  EXPECT_NE(::kill(std::stoi(read_file(directory_ / "sleeper")), 0), 0);
}

TEST_F(CampaignTest, StopSignalEndsCleanlyAndTheSameCommandContinues) {
  const config::StudyFile file = study(
      "[ -e ../../../go ] || { trap 'exit 75' TERM; touch ../../../started; while :; do sleep "
      "0.05; "
      "done; }\n" +
      std::string(kWriteCases));
  const pid_t launcher = launch("2");
  ASSERT_TRUE(appears("started"));
  EXPECT_TRUE(CampaignLock::is_held(file.out));
  EXPECT_THROW((void)CampaignLock(file.out, 0.1), Error);
  ::kill(launcher, SIGTERM);
  int status = 0;
  ::waitpid(launcher, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 75);
  EXPECT_EQ(record(file, 0).state, RunState::Interrupted);
  EXPECT_EQ(record(file, 5).state, RunState::Waiting);
  write_file_atomic(directory_ / "go", "");
  EXPECT_EQ(run(file).done, 12);
}

TEST_F(CampaignTest, HaltFileStopsBeforeAnythingStarts) {
  const config::StudyFile file = study(kWriteCases);
  make_directories(file.out);
  write_file_atomic(file.out / "HALT", "");
  const CampaignCounts counts = run(file);
  EXPECT_TRUE(counts.stopped);
  EXPECT_EQ(counts.open, 12);
}

TEST_F(CampaignTest, BudgetEndsNewStarts) {
  const config::StudyFile file =
      study("sleep 0.2\n" + std::string(kWriteCases), "budget: {gpu_days: 1.0e-6}\n");
  const CampaignCounts counts = run(file, 1);
  EXPECT_TRUE(counts.over_budget);
  EXPECT_EQ(counts.done, 1);
  EXPECT_EQ(counts.open, 11);
}

TEST_F(CampaignTest, LooksEndTheStudyBeforeTheLastSeeds) {
  const char* const sequential =
      "analysis: {primary: {metric: dice, region: mean, contrast: 'a:b'}, "
      "sequential: {spending: pocock, looks: [2, 3]}}\n";
  // The arm ++ is better by 20 points, and by a little more with the second seed.
  const config::StudyFile strong = study(
      "both=0; [ \"$YATES_LEVEL_A$YATES_LEVEL_B\" = +high ] && both=2$YATES_SEED\n"
      "printf 'case,region,dice,hd95_mm\\nc1,mean,0.%s,1\\n' $((50 + both)) > cases.csv\n",
      sequential);
  const CampaignCounts early = run(strong);
  EXPECT_NE(early.ended.find("stop: effect"), std::string::npos) << early.ended;
  EXPECT_EQ(early.done, 8);
  EXPECT_EQ(early.open, 4);
  EXPECT_EQ(run(strong).done, 8) << "the same command does not go on either";
  EXPECT_TRUE(reason_to_stop(strong, make_plan(strong, 1)).starts_with("stop: effect"));
  std::filesystem::remove_all(strong.out);
  // The second seed says the opposite of the first: no boundary is crossed at two seeds.
  const config::StudyFile weak = study(
      "both=0; [ \"$YATES_LEVEL_A$YATES_LEVEL_B\" = +high ] && both=$((3 * (YATES_SEED % 2) - "
      "1))\n"
      "printf 'case,region,dice,hd95_mm\\nc1,mean,0.%s,1\\n' $((50 + both)) > cases.csv\n",
      sequential);
  const CampaignCounts late = run(weak);
  EXPECT_EQ(late.done, 12);
  EXPECT_EQ(late.ended, "") << "after the last wave there is nothing to stop";
}

TEST_F(CampaignTest, TimeOfALauncherThatDiedIsOnTheBooks) {
  const config::StudyFile file = study(
      "[ -e ../../../go ] || { touch ../../../started; sleep 600; }\n" + std::string(kWriteCases));
  const Plan plan = make_plan(file, 1);
  const pid_t launcher = ::fork();
  if (launcher == 0) {
    const LauncherOptions options{
        .ranks = 1, .yates = YATES_BINARY, .only = plan.runs[0].id, .beat_s = 0.1};
    (void)run_campaign(file, plan, options);
    ::_exit(0);
  }
  ASSERT_TRUE(appears("started"));
  const Stopwatch watch;
  while (record(file, 0).open_gpu_seconds < 0.3 && watch.seconds() < 20) {
    ::usleep(20'000);
  }
  ::kill(launcher, SIGKILL);
  ::waitpid(launcher, nullptr, 0);
  const double open = record(file, 0).open_gpu_seconds;
  ASSERT_GE(open, 0.3);
  write_file_atomic(directory_ / "go", "");
  const LauncherOptions options{.ranks = 1, .yates = YATES_BINARY, .only = plan.runs[0].id};
  EXPECT_EQ(run_campaign(file, plan, options).done, 1);
  EXPECT_GE(record(file, 0).gpu_seconds, open);
  EXPECT_DOUBLE_EQ(record(file, 0).lost_gpu_seconds, open) << "an external arm saves nothing";
}

TEST_F(CampaignTest, LauncherOfARunThatWasTakenOverKillsItsProgramAndWritesNothingMore) {
  const config::StudyFile file = study(
      "touch ../../../started; sleep 600; touch ../../../survived\n" + std::string(kWriteCases));
  const Plan plan = make_plan(file, 1);
  const auto folder = run_directory(file, plan.runs[0]);
  const pid_t launcher = ::fork();
  if (launcher == 0) {
    const LauncherOptions options{.ranks = 1, .yates = YATES_BINARY, .only = plan.runs[0].id};
    int code = 0;
    try {
      (void)run_campaign(file, plan, options);
    } catch (const Error& error) {
      code = static_cast<int>(error.code());
    }
    ::_exit(code);
  }
  ASSERT_TRUE(appears("started"));
  const LaunchFence newer(folder);
  const std::string written = read_file(folder / "campaign.json");
  int status = 0;
  ::waitpid(launcher, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 77);
  EXPECT_EQ(read_file(folder / "campaign.json"), written);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "survived"));
}

}  // namespace
}  // namespace yates::campaign
