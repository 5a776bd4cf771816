// SPDX-License-Identifier: Apache-2.0
// The results table of a campaign, with missing and diverged runs.
#include "launcher/campaign/results.hpp"

#include <string>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "launcher/campaign/run_record.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::campaign {
namespace {

class ResultsTest : public ::testing::Test {
 protected:
  ResultsTest() {
    write_file_atomic(directory_ / "study.yaml",
                      "study: {name: s, out: " + (directory_ / "camp").string() +
                          "}\n"
                          "factors: {width: {\"48\": {command: [x]}, \"32\": {command: [y]}}}\n"
                          "design: {seeds: [1, 2]}\n");
    study_ = config::load_study_file(directory_ / "study.yaml");
    plan_ = make_plan(study_, 1);
  }

  void put(std::size_t run, RunState state, const std::string& cases) {
    const auto folder = run_directory(study_, plan_.runs[run]);
    make_directories(folder);
    write_file_atomic(folder / "cases.csv", cases);
    RunRecord record;
    record.state = state;
    write_run_record(folder, record);
  }

  testing::TemporaryDirectory directory_;
  config::StudyFile study_;
  Plan plan_;
};

TEST_F(ResultsTest, RunsAreFoundByThePublishedPlanWhateverOverridesItWasMadeWith) {
  put(0, RunState::Done, "case,region,dice\nc1,WT,0.75\n");
  std::filesystem::rename(run_directory(study_, plan_.runs[0]), study_.out / "runs" / "other-s1");
  const PlannedRun& run = plan_.runs[0];
  write_file_atomic(
      study_.out / "plan.json",
      Json{{"runs", {{{"id", "other-s1"}, {"arm", study_.arms[run.arm].id}, {"seed", run.seed}}}}}
          .dump());
  EXPECT_EQ(collect_results(study_, plan_, study_.out).table.rows.size(), 1U);
  EXPECT_EQ(collect_results(study_, plan_, study_.out / "runs" / "").table.rows.size(), 1U);
}

TEST_F(ResultsTest, DoneRunsGiveTheirRowsAndDivergedOnesTheScoresOfNothing) {
  put(0, RunState::Diverged, "");
  put(1, RunState::Done, "case,region,convention,dice,hd95_mm\nc1,WT,brats2023,0.5,7.25\n");
  put(2, RunState::Failed, "case,region,dice\nc1,WT,0.9\n");
  put(3, RunState::Done, "case,region,dice\nc1,WT,0.75\n");
  const CampaignResults results = collect_results(study_, plan_, study_.out);
  EXPECT_EQ(results.missing, 1);
  EXPECT_EQ(results.diverged, 1);
  const auto& rows = results.table.rows;
  ASSERT_EQ(rows.size(), 4U);
  using Row = std::vector<std::string>;
  EXPECT_EQ(rows[0], (Row{"32", "1", "c1", "WT", "0.5", "7.25", "ok", "brats2023"}));
  EXPECT_EQ(rows[1], (Row{"32", "2", "c1", "WT", "0.75", "nan", "ok", "segmamba"}));
  EXPECT_EQ(rows[2], (Row{"48", "1", "c1", "WT", "0", "374", "diverged", "brats2023"}));
  EXPECT_EQ(rows[3], (Row{"48", "1", "c1", "WT", "0", "50", "diverged", "segmamba"}));
  EXPECT_EQ(collect_results(study_, plan_, study_.out / "runs").table.rows, rows);
}

TEST_F(ResultsTest, CampaignWithoutResultsIsIncomplete) {
  try {
    (void)collect_results(study_, plan_, study_.out);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::Incomplete);
  }
}

TEST_F(ResultsTest, StatusOfARunningTrainerHasNullsAndIsRead) {
  write_file_atomic(directory_ / "status.json",
                    R"({"state": "running", "step": 7, "steps": 20, "exit_code": null, "reason": "",
                        "resumable": true, "eta_s": 12.5})");
  const TrainerStatus status = read_trainer_status(directory_.path());
  EXPECT_TRUE(status.found);
  EXPECT_EQ(status.state, "running");
  EXPECT_EQ(status.step, 7);
  EXPECT_EQ(status.eta_s, 12.5);
  write_file_atomic(directory_ / "status.json", "{\"state\": ");
  EXPECT_FALSE(read_trainer_status(directory_.path()).found);
}

TEST_F(ResultsTest, UnreadableTableNamesItsFile) {
  put(0, RunState::Done, "case,dice\nc1,0.5\n");
  try {
    (void)collect_results(study_, plan_, study_.out);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::BadData);
    EXPECT_NE(std::string(error.what()).find(plan_.runs[0].id), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace yates::campaign
