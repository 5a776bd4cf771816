// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/attempt.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::train {
namespace {

class AttemptTest : public ::testing::Test {
 protected:
  AttemptTest() : run_(folder_ / "run") { run_.create(); }

  /// Code of the error that a claim throws; Ok if it succeeds.
  ExitCode claim_code() {
    try {
      Attempt::claim(run_);
      return ExitCode::Ok;
    } catch (const Error& error) {
      said_ = error.what();
      return error.code();
    }
  }

  /// An attempt of a process on another machine.
  std::filesystem::path foreign_attempt(const std::string& job, const std::string& restart) {
    const auto path = run_.attempts() / "0001";
    make_directories(path);
    write_json(path / "owner.json",
               Json{{"host", "n7"},
                    {"machine", "another boot"},
                    {"pid", 12},
                    {"process_start", "99"},
                    {"job", job},
                    {"restart", restart}});
    write_file_atomic(path / "heartbeat", "1\n");
    return path;
  }

  testing::TemporaryDirectory folder_;
  RunDirectory run_;
  std::string said_;
};

TEST_F(AttemptTest, AreCountedFromOne) {
  const Attempt first = Attempt::claim(run_);
  EXPECT_EQ(first.number(), 1);
  EXPECT_TRUE(std::filesystem::exists(run_.attempts() / "0001" / "owner.json"));
  first.finish(75, "interrupted");
  EXPECT_EQ(Attempt::claim(run_).number(), 2);
}

TEST_F(AttemptTest, IsRefusedWhileThisProcessHoldsOne) {
  const Attempt first = Attempt::claim(run_);
  EXPECT_EQ(claim_code(), ExitCode::RunOwned);
  EXPECT_NE(said_.find("process " + std::to_string(::getpid())), std::string::npos) << said_;
  EXPECT_NE(said_.find("HALT"), std::string::npos) << said_;
  EXPECT_FALSE(std::filesystem::exists(run_.attempts() / "0002"));
}

TEST_F(AttemptTest, SucceedsOneThatDied) {
  Json owner;
  {
    const Attempt first = Attempt::claim(run_);
    owner = read_json(first.path() / "owner.json");
  }
  owner["process_start"] = "1";  // The number now belongs to another process.
  write_json(run_.attempts() / "0001" / "owner.json", owner);
  EXPECT_EQ(Attempt::claim(run_).number(), 2);
}

TEST_F(AttemptTest, GivesWayToABeatOnAnotherMachine) {
  const auto path = foreign_attempt("41", "0");
  EXPECT_EQ(claim_code(), ExitCode::RunOwned);
  EXPECT_NE(said_.find("on n7, job 41"), std::string::npos) << said_;

  const auto now = std::filesystem::last_write_time(path / "heartbeat");
  std::filesystem::last_write_time(path / "heartbeat", now - std::chrono::minutes(2));
  EXPECT_EQ(claim_code(), ExitCode::Ok);
}

TEST_F(AttemptTest, TakesOverFromAnEarlierStartOfItsOwnJob) {
  foreign_attempt("41", "");
  ::setenv("SLURM_JOB_ID", "41", 1);
  const ExitCode same_start = claim_code();
  ::setenv("SLURM_RESTART_COUNT", "1", 1);
  const ExitCode requeued = claim_code();
  ::unsetenv("SLURM_JOB_ID");
  ::unsetenv("SLURM_RESTART_COUNT");
  EXPECT_EQ(same_start, ExitCode::RunOwned);
  EXPECT_EQ(requeued, ExitCode::Ok);
}

TEST_F(AttemptTest, SucceedsOneWhoseMakerDiedBeforeSigning) {
  make_directories(run_.attempts() / "0001");
  EXPECT_EQ(Attempt::claim(run_).number(), 2);
}

TEST_F(AttemptTest, IsWonByExactlyOneOfManyStarts) {
  for (int round = 0; round < 20; ++round) {
    RunDirectory run(folder_ / ("round" + std::to_string(round)));
    run.create();
    std::atomic<int> won = 0;
    std::atomic<int> lost = 0;
    std::vector<std::thread> starts;
    for (int i = 0; i < 8; ++i) {
      starts.emplace_back([&] {
        try {
          Attempt::claim(run);
          ++won;
        } catch (const Error& error) {
          lost += error.code() == ExitCode::RunOwned ? 1 : 0;
        }
      });
    }
    for (std::thread& start : starts) {
      start.join();
    }
    EXPECT_EQ(won, 1);
    EXPECT_EQ(lost, 7);
  }
}

TEST_F(AttemptTest, IsFencedByANewerOne) {
  const Attempt first = Attempt::claim(run_);
  EXPECT_NO_THROW(first.check_newest());
  make_directories(run_.attempts() / "0002");
  try {
    first.check_newest();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::RunOwned);
  }
}

/// An attempt that went on from `step` and ended with `exit_code`, or died without a word (-1).
void past_attempt(const RunDirectory& run, std::int64_t step, int exit_code) {
  const Attempt attempt = Attempt::claim(run);
  attempt.record_start(step);
  Json owner = read_json(attempt.path() / "owner.json");
  owner["process_start"] = "1";
  write_json(attempt.path() / "owner.json", owner);
  if (exit_code >= 0) {
    attempt.finish(exit_code, "");
  }
}

ExitCode code_of_fourth(const RunDirectory& run, std::int64_t step) {
  try {
    Attempt::claim(run).record_start(step);
    return ExitCode::Ok;
  } catch (const Error& error) {
    return error.code();
  }
}

TEST_F(AttemptTest, EndsTheRequeuesAfterThreeWithoutProgress) {
  for (const int exit_code : {-1, 70, -1}) {
    past_attempt(run_, 5, exit_code);
  }
  EXPECT_EQ(code_of_fourth(run_, 5), ExitCode::DoNotRequeue);
}

TEST_F(AttemptTest, GoesOnAfterProgressOrACleanStop) {
  for (const auto& [step, exit_code] : {std::pair(0, -1), {5, 75}, {5, -1}}) {
    past_attempt(run_, step, exit_code);
  }
  EXPECT_EQ(code_of_fourth(run_, 5), ExitCode::Ok);
}

}  // namespace
}  // namespace yates::train
