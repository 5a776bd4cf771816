// SPDX-License-Identifier: Apache-2.0
// Campaigns of shell scripts as external arms: failures, retries, kills, and going on.
#include "launcher/campaign/launcher.hpp"

#include <csignal>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/csv.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "launcher/campaign/campaign_lock.hpp"
#include "launcher/campaign/launch_fence.hpp"
#include "launcher/campaign/status.hpp"
#include "launcher/campaign/stopping_rule.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::campaign {
namespace {

/// Writes a result that depends on arm and seed, so that the files can be told apart.
constexpr const char* kWriteCases =
    "printf 'case,region,dice,hd95_mm\\nc1,mean,0.%s,1\\n' $YATES_SEED > cases.csv\n";

class CampaignTest : public ::testing::Test {
 protected:
  /// A study of 2 x 2 arms and three seeds whose trainer is a shell script.
  config::StudyFile study(const std::string& script, const std::string& more = "") {
    write_file_atomic(directory_ / "train.sh", "#!/bin/sh\n" + script);
    std::filesystem::permissions(directory_ / "train.sh", std::filesystem::perms::owner_all);
    write_file_atomic(directory_ / "base.yaml", "command: [./train.sh, one argument]\n");
    write_file_atomic(
        directory_ / "study.yaml",
        "study: {name: shell, base: base.yaml, out: " + (directory_ / "camp").string() +
            "}\n"
            "factors: {a: {\"-\": {}, \"+\": {}}, b: {low: {}, high: {}}}\n"
            "design: {seeds: [1, 2, 3]}\n" +
            more);
    return config::load_study_file(directory_ / "study.yaml");
  }

  static CampaignCounts run(const config::StudyFile& study, std::int64_t slots = 2) {
    const LauncherOptions options{.slots = slots, .ranks = 1, .yates = YATES_BINARY};
    return run_campaign(study, make_plan(study, 1), options);
  }

  static RunRecord record(const config::StudyFile& study, std::size_t run) {
    return read_run_record(run_directory(study, make_plan(study, 1).runs[run]));
  }

  /// Starts `yates study run` as a process of its own.
  pid_t launch(const std::string& slots) {
    const std::string file = (directory_ / "study.yaml").string();
    const pid_t launcher = ::fork();
    if (launcher == 0) {
      ::freopen((directory_ / "launcher.txt").c_str(), "a", stderr);
      ::freopen((directory_ / "launcher.txt").c_str(), "a", stdout);
      ::execl(
          YATES_BINARY, "yates", "study", "run", file.c_str(), "--slots", slots.c_str(), nullptr);
      ::_exit(126);
    }
    return launcher;
  }

  bool appears(const std::string& name) const {
    const Stopwatch watch;
    while (watch.seconds() < 20) {
      if (std::filesystem::exists(directory_ / name)) {
        return true;
      }
      ::usleep(10'000);
    }
    return false;
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(CampaignTest, RunThatFailsTheFirstTimeIsTriedAgainAndAllEndDone) {
  const config::StudyFile file = study(
      std::string(
          "if [ \"$YATES_LEVEL_A$YATES_LEVEL_B$YATES_SEED\" = +low2 ] && [ ! -e tried ]; then\n"
          "touch tried; exit 5; fi\n") +
      kWriteCases);
  const CampaignCounts counts = run(file);
  EXPECT_EQ(counts.done, 12);
  EXPECT_EQ(counts.failed + counts.open, 0);
  const Plan plan = make_plan(file, 1);
  std::int64_t attempts = 0;
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    attempts += record(file, i).attempts;
    const auto cases = read_csv(run_directory(file, plan.runs[i]) / "cases.csv");
    EXPECT_EQ(cases.rows[0][2], "0." + std::to_string(plan.runs[i].seed));
    EXPECT_EQ(read_trainer_status(run_directory(file, plan.runs[i])).state, "done");
  }
  EXPECT_EQ(attempts, 13);
}

TEST_F(CampaignTest, EnvironmentIsWhatTheContractSays) {
  const config::StudyFile file = study(
      std::string("echo \"$YATES_LEVEL_A $YATES_LEVEL_B $YATES_SEED $YATES_RUN_DIR $YATES_DATA_DIR "
                  "$YATES_SPLIT $1 $(pwd)\" > seen\n") +
      kWriteCases);
  (void)run(file);
  const Plan plan = make_plan(file, 1);
  const std::string directory = run_directory(file, plan.runs[1]).string();
  const std::string here = std::filesystem::current_path().string();
  EXPECT_EQ(read_file(directory + "/seen"),
            "+ low 1 " + directory + " " + here + "/shards " + here + "/split.json one argument " +
                directory + "\n");
}

TEST_F(CampaignTest, RunThatAlwaysFailsDoesNotStopTheOthers) {
  const config::StudyFile file =
      study(std::string("[ \"$YATES_LEVEL_A$YATES_LEVEL_B$YATES_SEED\" = -low1 ] && exit 65\n") +
                kWriteCases,
            "retry: {attempts: 2}\n");
  CampaignCounts counts = run(file);
  EXPECT_EQ(counts.done, 11);
  EXPECT_EQ(counts.failed, 1);
  EXPECT_EQ(record(file, 0).state, RunState::Failed);
  EXPECT_EQ(record(file, 0).attempts, 2);
  EXPECT_EQ(record(file, 0).reason, "train failed 2 times, last: exit code 65");
  counts = run(file);
  EXPECT_EQ(counts.failed, 1) << "a failed run is not tried without being asked for";
  EXPECT_EQ(record(file, 0).attempts, 2);
  EXPECT_EQ(retry_failed(file, make_plan(file, 1), ""), 1);
  (void)run(file);
  EXPECT_EQ(record(file, 0).attempts, 4);
  EXPECT_THROW((void)retry_failed(file, make_plan(file, 1), "nothing"), Error);
}

TEST_F(CampaignTest, TrainerMayAskToBeStartedAgain) {
  const config::StudyFile file = study(
      std::string("echo x >> starts; [ $(wc -l < starts) -lt 6 ] && exit 75\n") + kWriteCases);
  const CampaignCounts counts = run(file);
  EXPECT_EQ(counts.done, 12);
  EXPECT_EQ(record(file, 3).attempts, 6);
  EXPECT_EQ(record(file, 3).failures, 0);
}

TEST_F(CampaignTest, TrainerThatLeavesNothingHasFailed) {
  const config::StudyFile file = study("exit 0\n", "retry: {attempts: 1}\n");
  EXPECT_EQ(run(file).failed, 12);
  EXPECT_NE(record(file, 0).reason.find("neither cases.csv nor label maps"), std::string::npos);
  const config::StudyFile broken =
      study("echo 'case,dice' > cases.csv; echo c1,0.5 >> cases.csv\n", "retry: {attempts: 1}\n");
  EXPECT_EQ(retry_failed(broken, make_plan(broken, 1), ""), 12);
  EXPECT_EQ(run(broken).failed, 12);
  EXPECT_NE(record(broken, 0).reason.find("region"), std::string::npos) << record(broken, 0).reason;
}

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

TEST_F(CampaignTest, StatusHasTheFieldsOfTheContract) {
  const config::StudyFile file = study(kWriteCases);
  (void)run(file);
  const Plan plan = make_plan(file, 1);
  const StatusReport report = report_status(file, plan);
  const Json& json = report.json;
  ASSERT_EQ(json["runs"].size(), 12U);
  for (const char* key :
       {"id", "arm", "seed", "state", "step", "steps", "eta_s", "attempts", "reason"}) {
    EXPECT_TRUE(json["runs"][0].contains(key)) << key;
  }
  for (const char* key : {"planned", "used", "useful", "lost", "saved", "left"}) {
    EXPECT_TRUE(json["gpu_days"].contains(key)) << key;
  }
  EXPECT_EQ(json["runs"][0]["state"], "done");
  EXPECT_TRUE(json.contains("wave") && json["gate"].contains("state"));
  EXPECT_TRUE(report.finished);
  const std::string& text = report.text;
  EXPECT_NE(text.find("# 12 done"), std::string::npos) << text;
  EXPECT_NE(text.find("a.plus_b.high   ###"), std::string::npos) << text;
}

}  // namespace
}  // namespace yates::campaign
