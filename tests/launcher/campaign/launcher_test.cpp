// SPDX-License-Identifier: Apache-2.0
// Campaigns of shell scripts as external arms: what runs are started with, failures, retries.
#include "launcher/campaign/launcher.hpp"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/csv.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "launcher/campaign/status.hpp"
#include "tests/launcher/campaign/campaign_of_scripts.hpp"

namespace yates::campaign {
namespace {

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
