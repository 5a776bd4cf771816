// SPDX-License-Identifier: Apache-2.0
// Promises about failures, kept by real processes under mpirun: the toy run with faults injected.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "launcher/train/stop_request.hpp"
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

  /// Starts the toy run; `fault` as in YATES_FAULT.
  [[nodiscard]] CommandResult start(const std::string& fault = "",
                                    const std::string& name = "run",
                                    const std::string& watchdog_s = "auto",
                                    int ranks = 2,
                                    int global_batch = 4) const {
    return testing::run_command(
        command({}, name, watchdog_s, ranks, global_batch), "", {"YATES_FAULT=" + fault});
  }

  /// The toy run, each rank started by `wrapper`.
  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& wrapper,
                                                 const std::string& name = "run",
                                                 const std::string& watchdog_s = "auto",
                                                 int ranks = 2,
                                                 int global_batch = 4) const {
    std::vector<std::string> words = {
        YATES_MPIEXEC, "-np", std::to_string(ranks), "--oversubscribe", "--bind-to", "none"};
    words.insert(words.end(), wrapper.begin(), wrapper.end());
    words.insert(
        words.end(),
        {YATES_TOY_TRAINER, dir(name).string(), "1", watchdog_s, std::to_string(global_batch)});
    return words;
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
    for (const std::string action : {"kill", "segv"}) {
      SCOPED_TRACE(point + " " + action);
      const CommandResult died = start("rank=0,step=7,point=" + point + ",action=" + action);
      EXPECT_NE(died.exit_code, 0);
      const auto checkpoints = io::list_checkpoints(dir() / "checkpoints");
      ASSERT_FALSE(checkpoints.empty());
      EXPECT_EQ(checkpoints[0].step, point == "ckpt.after_rename" ? 8 : 4);
      EXPECT_NO_THROW(io::read_verified(checkpoints[0].path));
      const CommandResult again = start();
      EXPECT_EQ(again.exit_code, 0) << again.error;
      EXPECT_TRUE(bytes_of_run(dir()) == expected);
      std::filesystem::remove_all(dir());
    }
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

// P4: one rank that is told to stop is enough, whichever it is.
TEST_F(FaultTest, ASignalToTheSecondRankAloneStopsBothCleanly) {
  const RunBytes expected = unbroken();
  for (const int number : {SIGUSR1, SIGUSR2, SIGTERM}) {
    const CommandResult stopped =
        start("rank=1,step=5,point=step.begin,action=raise:" + std::to_string(number));
    EXPECT_EQ(stopped.exit_code, 75) << stopped.error;
    EXPECT_EQ(status()["state"], "interrupted");
    EXPECT_EQ(status()["reason"], signal_name(number));
    EXPECT_EQ(status()["resumable"], true);
    EXPECT_EQ(io::list_checkpoints(dir() / "checkpoints").at(0).step, 6);
    EXPECT_EQ(start().exit_code, 0);
    EXPECT_TRUE(bytes_of_run(dir()) == expected) << number;
    std::filesystem::remove_all(dir());
  }
}

// A rank that cannot have its sample: nobody is left in a collective, nothing is aborted.
TEST_F(FaultTest, ASampleThatFailsOnOneRankStopsAllAtTheStepBoundary) {
  for (const int ranks : {2, 3}) {
    const std::string name = "r" + std::to_string(ranks);
    const CommandResult result =
        start("rank=1,step=6,point=data.fetch,action=throw", name, "auto", ranks, 6);
    EXPECT_EQ(result.exit_code, 70) << result.error;
    EXPECT_EQ(result.error.find("MPI_ABORT"), std::string::npos) << result.error;
    const std::string reason = "rank 1: fault at data.fetch";
    EXPECT_NE(result.output.find("failed after step 6: " + reason), std::string::npos)
        << result.output;
    const Json verdict = read_json(dir(name) / "status.json");
    EXPECT_EQ(verdict["reason"], reason);
    EXPECT_EQ(verdict["state"], "failed");
    EXPECT_EQ(io::list_checkpoints(dir(name) / "checkpoints").at(0).step, 6);
    EXPECT_EQ(start("", name, "auto", ranks, 6).exit_code, 0);
  }
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
TEST_F(FaultTest, AFullDiskOrQuotaInTheMiddleIsSurvived) {
  const RunBytes expected = unbroken();
  for (const std::string fault :
       {"point=ckpt.after_write,action=enospc", "point=ckpt.after_fsync,action=edquot"}) {
    const CommandResult result = start("rank=0,step=3," + fault);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_NE(result.error.find("checkpoint_failed"), std::string::npos) << result.error;
    EXPECT_TRUE(bytes_of_run(dir()) == expected) << fault;
    std::filesystem::remove_all(dir());
  }
}

TEST_F(FaultTest, AFullDiskAtTheEndIsAnIoError) {
  const CommandResult result = start("rank=0,step=11,point=ckpt.after_write,action=enospc");
  EXPECT_EQ(result.exit_code, 74) << result.error;
  EXPECT_EQ(status()["exit_code"], 74);
  EXPECT_EQ(io::list_checkpoints(dir() / "checkpoints").at(0).step, 8);
  EXPECT_EQ(start().exit_code, 0);
}

// P8: of two starts at once, exactly one trains; the other ends first and names it.
TEST_F(FaultTest, OfTwoStartsAtOnceOneTrains) {
  std::mutex mutex;
  std::vector<CommandResult> ended;
  std::vector<std::thread> starts;
  for (int i = 0; i < 2; ++i) {
    starts.emplace_back([&] {
      CommandResult result = start("rank=0,step=0,point=step.begin,action=sleep:5");
      const std::lock_guard lock(mutex);
      ended.push_back(std::move(result));
    });
  }
  for (std::thread& thread : starts) {
    thread.join();
  }
  EXPECT_EQ(ended[0].exit_code, 77);
  const int owner = read_json(dir() / "attempts" / "0001" / "owner.json")["pid"].get<int>();
  EXPECT_NE(ended[0].error.find("in use by process " + std::to_string(owner)), std::string::npos)
      << ended[0].error;
  EXPECT_EQ(ended[1].exit_code, 0) << ended[1].error;
  EXPECT_FALSE(std::filesystem::exists(dir() / "attempts" / "0002"));
}

// P11: without a new checkpoint in three attempts, the requeues end, until somebody starts it
// again.
TEST_F(FaultTest, ThreeAttemptsWithoutProgressEndTheRequeues) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_NE(start("step=2,point=step.begin,action=kill").exit_code, 0);
  }
  const CommandResult result = start();
  EXPECT_EQ(result.exit_code, 76) << result.error;
  EXPECT_EQ(status()["exit_code"], 76);
  EXPECT_EQ(status()["resumable"], false);
  EXPECT_NE(start("step=2,point=step.begin,action=kill").exit_code, 76);
  EXPECT_EQ(start().exit_code, 0);
}

// P12: replicas are proved equal before anything is saved.
TEST_F(FaultTest, AFlippedBitOnOneReplicaIsNamedAndNothingSaved) {
  const CommandResult result = start("rank=1,step=7,point=ckpt.before_check,action=bitflip");
  EXPECT_EQ(result.exit_code, 76) << result.error;
  EXPECT_NE(result.error.find("tensor 'first.weight'"), std::string::npos) << result.error;
  EXPECT_NE(result.error.find("rank 1 is not equal to rank 0"), std::string::npos) << result.error;
  EXPECT_EQ(io::list_checkpoints(dir() / "checkpoints").at(0).step, 4);
}

#ifdef YATES_CLOCK_SHIFT
// P14: no lease, order or name depends on the wall clock.
TEST_F(FaultTest, JumpingClocksChangeNoBit) {
  const RunBytes expected = unbroken();
  const CommandResult result =
      testing::run_command(command({"env", std::string("LD_PRELOAD=") + YATES_CLOCK_SHIFT}),
                           "",
                           {"YATES_FAULT=rank=1,step=7,point=step.begin,action=kill"});
  EXPECT_EQ(result.exit_code, 137) << result.error;
  // The shift took effect: the owner began an hour or more from now.
  const Json owner = read_json(dir() / "attempts" / "0001" / "owner.json");
  EXPECT_NE(owner["started"].get<std::string>().substr(0, 13), utc_now().substr(0, 13));
  EXPECT_EQ(start().exit_code, 0);
  EXPECT_TRUE(bytes_of_run(dir()) == expected);
}
#endif

// P13: a not finite gradient on one rank is the same outcome on all.
TEST_F(FaultTest, ANanInOneGradientIsDivergedOnAllRanks) {
  const CommandResult result = start("rank=1,step=6,point=grad.before_reduce,action=nan");
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(status()["state"], "diverged");
  EXPECT_EQ(status()["step"], 6);
  EXPECT_EQ(status()["exit_code"], 0);
}

// P17: exit code, status.json and the last words agree, however a run ends.
TEST_F(FaultTest, ExitCodeStatusAndLastWordsAgree) {
  struct Ending {
    std::string fault;
    int code;
    std::string state;
    std::string words;
    std::string watchdog_s = "auto";
  };
  const std::string done = "done after step 12";
  const std::vector<Ending> endings = {
      {"", 0, "done", done},
      {"rank=1,step=3,point=grad.before_reduce,action=nan", 0, "diverged", "diverged after step 3"},
      {"rank=0,step=3,point=step.begin,action=raise:" + std::to_string(SIGUSR1),
       75,
       "interrupted",
       "interrupted after step 4"},
      {"rank=1,step=3,point=step.begin,action=throw", 70, "failed", "fault at step.begin"},
      {"rank=1,step=3,point=step.begin,action=stop", 70, "failed", "rank 1 is late", "2"},
      {"rank=0,step=11,point=ckpt.after_write,action=edquot", 74, "failed", "writing failed"},
      {"rank=1,step=3,point=ckpt.before_check,action=bitflip", 76, "failed", "replicas differ"}};
  for (const Ending& ending : endings) {
    SCOPED_TRACE(ending.fault);
    const CommandResult result = start(ending.fault, "run", ending.watchdog_s);
    EXPECT_EQ(result.exit_code, ending.code);
    EXPECT_EQ(status()["exit_code"], ending.code);
    EXPECT_EQ(status()["state"], ending.state);
    EXPECT_EQ(status()["resumable"], ending.code >= 70 && ending.code <= 75);
    EXPECT_NE((result.output + result.error).find(ending.words), std::string::npos)
        << result.output << result.error;
    std::filesystem::remove_all(dir());
  }
}

}  // namespace
}  // namespace yates::train
