// SPDX-License-Identifier: Apache-2.0
// Submitting and advancing a study, wave by wave, against stand-ins for Slurm's programs.
#include "launcher/campaign/advance.hpp"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "launcher/campaign/results.hpp"
#include "launcher/campaign/run_record.hpp"
#include "launcher/campaign/stopping_rule.hpp"
#include "tests/launcher/campaign/slurm_stand_in.hpp"

namespace yates::campaign {
namespace {

TEST_F(SlurmTest, SubmitIsOneArrayAndAGateAndAdvanceWaitsForThem) {
  const config::StudyFile file = study();
  const Plan plan = make_plan(file, 1);
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Submitted);
  ASSERT_EQ(calls(), 2);
  const std::string array = read_file(at("call.1"));
  EXPECT_NE(array.find("--array=0-15\n"), std::string::npos) << array;
  EXPECT_NE(array.find("--requeue\n"), std::string::npos);
  EXPECT_NE(array.find("--signal=B:USR1@300\n"), std::string::npos);
  EXPECT_NE(read_file(at("call.2")).find("--dependency=afterany:101\n"), std::string::npos);
  write_file_atomic(at("queue"), "101\n101\n102\n");
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Waiting);
  EXPECT_EQ(calls(), 2);
}

TEST_F(SlurmTest, ArraysAreSplitAtTheSizeOfTheSite) {
  const config::StudyFile file = study();
  Submission small = submission();
  small.site.max_array_size = 7;
  small.site.max_running = 3;
  (void)advance(file, make_plan(file, 1), small);
  ASSERT_EQ(calls(), 4);
  EXPECT_NE(read_file(at("call.1")).find("--array=0-5%3\n"), std::string::npos);
  EXPECT_NE(read_file(at("call.3")).find("--array=0-3%3\n"), std::string::npos);
  EXPECT_NE(read_file(at("call.4")).find("afterany:101:102:103\n"), std::string::npos);
}

TEST_F(SlurmTest, RunsWithoutAJobAreSubmittedAgainAtMostSoOftenAsTheStudySays) {
  const config::StudyFile file = study();
  const Plan plan = make_plan(file, 1);
  (void)advance(file, plan, submission());
  for (std::int64_t block = 1; block <= 3; ++block) {
    finish_block(file, block);
  }
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Submitted);
  EXPECT_NE(read_file(at("call.3")).find("--array=0-3\n"), std::string::npos);
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Submitted);
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Stopped);
}

TEST_F(SlurmTest, EffectAtTheFirstLookStopsBeforeTheSecondWave) {
  const config::StudyFile file = study(kSequential);
  const Plan plan = make_plan(file, 1);
  (void)advance(file, plan, submission());
  EXPECT_NE(read_file(at("call.1")).find("--array=0-7\n"), std::string::npos);
  finish_block(file, 1, 0.2);
  finish_block(file, 2, 0.2001);
  const Advance end = advance(file, plan, submission());
  EXPECT_EQ(end.step, Step::Stopped);
  EXPECT_NE(end.text.find("stop: effect"), std::string::npos) << end.text;
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Stopped);
  EXPECT_EQ(calls(), 2);
}

TEST_F(SlurmTest, NoEffectGoesOnToTheLastWave) {
  const config::StudyFile file = study(kSequential);
  const Plan plan = make_plan(file, 1);
  (void)advance(file, plan, submission());
  finish_block(file, 1, 0.05);
  finish_block(file, 2, -0.05);
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Submitted);
  EXPECT_EQ(calls(), 4);
  finish_block(file, 3, 0.05);
  finish_block(file, 4, -0.06);
  const Advance end = advance(file, plan, submission());
  EXPECT_EQ(end.step, Step::Stopped);
  EXPECT_NE(end.text.find("no effect shown"), std::string::npos) << end.text;
}

TEST_F(SlurmTest, EarlierLookThatIsCompletedLateStopsTheStudyAndLetsRunsInFlightFinish) {
  const config::StudyFile file = study(kSequential);
  const Plan plan = make_plan(file, 1);
  (void)advance(file, plan, submission());
  finish_block(file, 1, 0.2);
  finish_block(file, 2, 0.2001);
  RunRecord failed;
  failed.state = RunState::Failed;
  write_run_record(run_directory(file, plan.runs[0]), failed);
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Submitted) << "one seed is no look";
  finish_block(file, 1, 0.2);  // It was mended and tried again.
  finish_block(file, 3, 0.2003);
  write_file_atomic(at("queue"), "103\n");
  const Advance end = advance(file, plan, submission());
  EXPECT_EQ(end.step, Step::Stopped);
  EXPECT_NE(end.text.find("runs in flight are finished"), std::string::npos) << end.text;
  EXPECT_EQ(calls(), 4) << "no job was submitted, none cancelled";
  finish_block(file, 4, 0.2004);
  std::filesystem::remove(at("queue"));
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Stopped);
  EXPECT_EQ(collect_results(file, plan, file.out).table.rows.size(), 16U) << "all are counted";
}

TEST_F(SlurmTest, LooksDoNotDependOnWhichRunsEndFirst) {
  const config::StudyFile file = study(kSequential);
  const Plan plan = make_plan(file, 1);
  finish_block(file, 1, 0.2);
  finish_block(file, 3, 0.2001);
  EXPECT_EQ(reason_to_stop(file, plan), "") << "seed 2 is still open: two seeds are no look";
  finish_block(file, 2, 0.2002);
  EXPECT_NE(reason_to_stop(file, plan), "");
}

TEST_F(SlurmTest, HaltedStudySubmitsNothing) {
  const config::StudyFile file = study();
  make_directories(file.out);
  write_file_atomic(file.out / "HALT", "");
  EXPECT_EQ(advance(file, make_plan(file, 1), submission()).step, Step::Stopped);
  EXPECT_EQ(calls(), 0);
}

TEST_F(SlurmTest, RefusalOfSbatchIsAnErrorWithItsWords) {
  tool("sbatch", "echo 'Invalid account' >&2; exit 1\n");
  const config::StudyFile file = study();
  try {
    (void)advance(file, make_plan(file, 1), submission());
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("Invalid account"), std::string::npos);
  }
}

}  // namespace
}  // namespace yates::campaign
