// SPDX-License-Identifier: Apache-2.0
// Promises about failures, kept by real processes under mpirun: the toy run with faults injected.
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "tests/launcher/train/toy_run.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::train {
namespace {

using testing::CommandResult;

class FaultTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path dir(const std::string& name = "run") const {
    return folder_ / name;
  }
  [[nodiscard]] Json status() const { return read_json(dir() / "status.json"); }

  /// Starts the toy run on two ranks; `fault` as in YATES_FAULT.
  [[nodiscard]] CommandResult start(const std::string& fault = "",
                                    const std::string& name = "run",
                                    const std::string& watchdog_s = "auto") const {
    return testing::run_command({YATES_MPIEXEC,
                                 "-np",
                                 "2",
                                 "--oversubscribe",
                                 "--bind-to",
                                 "none",
                                 YATES_TOY_TRAINER,
                                 dir(name).string(),
                                 "1",
                                 watchdog_s},
                                "",
                                {"YATES_FAULT=" + fault});
  }

  /// The bytes of an unbroken run.
  RunBytes unbroken() {
    EXPECT_EQ(start("", "unbroken").exit_code, 0);
    return bytes_of_run(dir("unbroken"));
  }

  testing::TemporaryDirectory folder_;
};

// P1: killed anywhere in a commit, a run loses at most one checkpoint interval and no bit.
TEST_F(FaultTest, DeathAtAnyStepOfACommitCostsNoBit) {
  const RunBytes expected = unbroken();
  for (const std::string point : {"ckpt.before_write",
                                  "ckpt.after_write",
                                  "ckpt.after_fsync",
                                  "ckpt.before_rename",
                                  "ckpt.after_rename"}) {
    const std::string action = point == "ckpt.after_write" ? "segv" : "kill";
    const CommandResult died = start("rank=0,step=7,point=" + point + ",action=" + action);
    EXPECT_NE(died.exit_code, 0) << point;
    const auto checkpoints = io::list_checkpoints(dir() / "checkpoints");
    ASSERT_FALSE(checkpoints.empty());
    EXPECT_EQ(checkpoints[0].step, point == "ckpt.after_rename" ? 8 : 4) << point;
    EXPECT_NO_THROW(io::read_verified(checkpoints[0].path));
    const CommandResult again = start();
    EXPECT_EQ(again.exit_code, 0) << again.error;
    EXPECT_TRUE(bytes_of_run(dir()) == expected) << point;
    std::filesystem::remove_all(dir());
  }
}

TEST_F(FaultTest, DeathOfAnyRankInAStepCostsNoBit) {
  const RunBytes expected = unbroken();
  for (const std::string fault : {"rank=1,step=6,point=grad.before_reduce,action=kill",
                                  "rank=0,step=9,point=step.begin,action=kill",
                                  "rank=1,step=10,point=step.begin,action=throw"}) {
    EXPECT_NE(start(fault).exit_code, 0) << fault;
  }
  EXPECT_EQ(start().exit_code, 0);
  EXPECT_TRUE(bytes_of_run(dir()) == expected);
}

// P5: a rank that stands still is found, named, and the run ends with 70.
TEST_F(FaultTest, AStoppedRankIsNamedAndEndsTheRun) {
  const CommandResult result = start("rank=1,step=5,point=step.begin,action=stop", "run", "2");
  EXPECT_EQ(result.exit_code, 70) << result.error;
  EXPECT_NE(result.error.find("rank 1 is late"), std::string::npos) << result.error;
  EXPECT_NE(result.error.find("rank 0 is in exchange"), std::string::npos) << result.error;
  EXPECT_EQ(status()["state"], "failed");
  EXPECT_EQ(status()["exit_code"], 70);
  const Json incident = read_json(dir() / "attempts" / "0001" / "incident-rank0000.json");
  EXPECT_EQ(incident["operation"], "exchange");
  EXPECT_EQ(incident["step"], 5);
  EXPECT_EQ(start().exit_code, 0);
}

TEST_F(FaultTest, AStoppedRootIsNamedByTheOther) {
  const CommandResult result = start("rank=0,step=5,point=step.begin,action=stop", "run", "2");
  EXPECT_EQ(result.exit_code, 70) << result.error;
  EXPECT_NE(result.error.find("rank 0 is late"), std::string::npos) << result.error;
  EXPECT_EQ(status()["state"], "failed");
}

// P6: a full disk never costs a good checkpoint nor the run.
TEST_F(FaultTest, AFullDiskInTheMiddleIsSurvived) {
  const RunBytes expected = unbroken();
  const CommandResult result = start("rank=0,step=3,point=ckpt.after_write,action=enospc");
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NE(result.error.find("checkpoint_failed"), std::string::npos) << result.error;
  EXPECT_TRUE(bytes_of_run(dir()) == expected);
}

TEST_F(FaultTest, AFullDiskAtTheEndIsAnIoError) {
  const CommandResult result = start("rank=0,step=11,point=ckpt.after_write,action=enospc");
  EXPECT_EQ(result.exit_code, 74) << result.error;
  EXPECT_EQ(status()["exit_code"], 74);
  EXPECT_EQ(io::list_checkpoints(dir() / "checkpoints").at(0).step, 8);
  EXPECT_EQ(start().exit_code, 0);
}

// P8: of two starts at once, exactly one trains.
TEST_F(FaultTest, OfTwoStartsAtOnceOneTrains) {
  std::vector<int> codes(2);
  std::vector<std::thread> starts;
  for (int& code : codes) {
    starts.emplace_back(
        [&] { code = start("rank=0,step=0,point=step.begin,action=sleep:3").exit_code; });
  }
  for (std::thread& thread : starts) {
    thread.join();
  }
  std::sort(codes.begin(), codes.end());
  EXPECT_EQ(codes, (std::vector<int>{0, 77}));
  EXPECT_FALSE(std::filesystem::exists(dir() / "attempts" / "0002"));
}

// P11: without a new checkpoint in three attempts, the requeues end.
TEST_F(FaultTest, ThreeAttemptsWithoutProgressEndTheRequeues) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_NE(start("step=2,point=step.begin,action=kill").exit_code, 0);
  }
  const CommandResult result = start();
  EXPECT_EQ(result.exit_code, 76) << result.error;
  EXPECT_EQ(status()["exit_code"], 76);
  EXPECT_EQ(status()["resumable"], false);
}

// P12: replicas are proved equal before anything is saved.
TEST_F(FaultTest, AFlippedBitOnOneReplicaIsNamedAndNothingSaved) {
  const CommandResult result = start("rank=1,step=7,point=ckpt.before_check,action=bitflip");
  EXPECT_EQ(result.exit_code, 76) << result.error;
  EXPECT_NE(result.error.find("tensor 'first.weight'"), std::string::npos) << result.error;
  EXPECT_NE(result.error.find("rank 1 is not equal to rank 0"), std::string::npos) << result.error;
  EXPECT_EQ(io::list_checkpoints(dir() / "checkpoints").at(0).step, 4);
}

// P13: a not finite gradient on one rank is the same outcome on all.
TEST_F(FaultTest, ANanInOneGradientIsDivergedOnAllRanks) {
  const CommandResult result = start("rank=1,step=6,point=grad.before_reduce,action=nan");
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(status()["state"], "diverged");
  EXPECT_EQ(status()["step"], 6);
  EXPECT_EQ(status()["exit_code"], 0);
}

}  // namespace
}  // namespace yates::train
