// SPDX-License-Identifier: Apache-2.0
// How a run ends or is refused: stops, failures, full disks, other owners.
#include <csignal>
#include <cstdint>
#include <fstream>
#include <limits>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "dist/local_communicator.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "launcher/train/stop_request.hpp"
#include "launcher/train/trainer.hpp"
#include "tests/launcher/train/toy_run.hpp"
#include "tests/launcher/train/toy_run_folder.hpp"
#include "tests/support/expect_error.hpp"

namespace yates::train {
namespace {

using testing::expect_error;

TEST_F(TrainerTest, ASampleThatCannotBeMadeEndsAllRanksAlikeWithACheckpoint) {
  for (const int ranks : {1, 2, 4}) {
    const std::string name = "r" + std::to_string(ranks);
    dist::run_local_ranks(ranks, [&](dist::Communicator& communicator) {
      const ToyRun run = failing_at(5, 3);
      const TrainResult result = train(run.setup(dir(name)), communicator);
      EXPECT_EQ(result.code, ExitCode::BadData);
      EXPECT_EQ(result.state, "failed");
      EXPECT_EQ(result.step, 5);
      EXPECT_EQ(result.reason, "rank " + std::to_string(ranks - 1) + ": case toy is damaged");
    });
    EXPECT_EQ(status(name)["state"], "failed");
    EXPECT_EQ(status(name)["exit_code"], 65);
    EXPECT_EQ(status(name)["resumable"], false);
    EXPECT_EQ(io::list_checkpoints(dir(name) / "checkpoints").at(0).step, 5);
  }
}

TEST_F(TrainerTest, AValidationPatchThatCannotBeMadeEndsAllRanksAlike) {
  dist::run_local_ranks(2, [&](dist::Communicator& communicator) {
    const ToyRun run;
    TrainSetup setup = run.setup(dir());
    setup.validation.patch = [patch = setup.validation.patch](std::int64_t index) {
      if (index == 1) {
        throw Error(ExitCode::Io,
                    Problem{.what = "case v is gone", .where = "", .allowed = "", .fix = ""});
      }
      return patch(index);
    };
    const TrainResult result = train(setup, communicator);
    EXPECT_EQ(result.code, ExitCode::Io);
    EXPECT_EQ(result.step, 8);
    EXPECT_EQ(result.reason, "rank 1: case v is gone");
  });
  EXPECT_EQ(status()["resumable"], true);
  EXPECT_EQ(train_locally({}, dir(), 1).state, "done");
  EXPECT_TRUE(bytes_of_run(dir()) == unbroken());
}

TEST_F(TrainerTest, ANonFiniteGradientOnOneRankEndsTheRunAsDiverged) {
  ToyRun run;
  run.before_sample = [](TrainingSample& sample) {
    if (sample.step == 5 && sample.slot == 3) {
      sample.x.fill_(std::numeric_limits<float>::infinity());
    }
  };
  const TrainResult result = train_locally(run, dir(), 2);
  EXPECT_EQ(result.code, ExitCode::Ok);
  EXPECT_EQ(result.state, "diverged");
  EXPECT_EQ(result.step, 5);
  EXPECT_EQ(status()["state"], "diverged");
  EXPECT_EQ(status()["exit_code"], 0);
  EXPECT_EQ(status()["resumable"], false);
  EXPECT_FALSE(std::filesystem::exists(dir() / "final.safetensors"));
  EXPECT_EQ(train_locally({}, dir(), 1).step, 5);
}

TEST_F(TrainerTest, HaltStopsWithACheckpointAndTheRunGoesOnToTheSameBits) {
  const RunBytes one = unbroken();
  ToyRun run;
  run.before_sample = [this](TrainingSample& sample) {
    if (sample.step == 5) {
      std::ofstream(dir() / "HALT") << "";
    }
  };
  EXPECT_EQ(train_locally(run, dir(), 2).code, ExitCode::Interrupted);
  EXPECT_EQ(status()["state"], "interrupted");
  EXPECT_EQ(status()["resumable"], true);
  EXPECT_EQ(status()["step"], 6);
  EXPECT_EQ(train_locally({}, dir(), 2).code, ExitCode::Interrupted);
  EXPECT_EQ(status()["step"], 6);
  std::filesystem::remove(dir() / "HALT");
  EXPECT_EQ(train_locally({}, dir(), 1).state, "done");
  EXPECT_TRUE(bytes_of_run(dir()) == one);
}

TEST_F(TrainerTest, ASignalToOneRankStopsAll) {
  const RunBytes one = unbroken();
  for (const int number : {SIGTERM, SIGUSR1, SIGUSR2}) {
    const StopRequest stop;
    ToyRun run;
    run.before_sample = [number](TrainingSample& sample) {
      if (sample.step == 5 && sample.slot == 3) {
        std::raise(number);
      }
    };
    const std::string name = signal_name(number);
    EXPECT_EQ(train_locally(run, dir(name), 4).code, ExitCode::Interrupted);
    EXPECT_EQ(status(name)["reason"], name);
    EXPECT_EQ(io::list_checkpoints(dir(name) / "checkpoints").at(0).step, 6);
  }
  {
    const StopRequest stop;
    EXPECT_EQ(train_locally({}, dir("SIGTERM"), 4).state, "done");
  }
  EXPECT_TRUE(bytes_of_run(dir("SIGTERM")) == one);
}

TEST_F(TrainerTest, ADamagedCheckpointIsPassedOver) {
  const RunBytes one = unbroken();
  EXPECT_EQ(train_locally(failing_at(10, 0), dir(), 1).state, "failed");
  const auto newest = io::list_checkpoints(dir() / "checkpoints").at(0);
  ASSERT_EQ(newest.step, 10);
  std::string content = read_file(newest.path);
  content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 4);
  write_file_atomic(newest.path, content);
  EXPECT_EQ(train_locally({}, dir(), 2).state, "done");
  EXPECT_TRUE(bytes_of_run(dir()) == one);
}

TEST_F(TrainerTest, AFullDiskCostsACheckpointNotTheRun) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit saved{};
  getrlimit(RLIMIT_FSIZE, &saved);
  const auto limit = [&saved](rlim_t bytes) {
    const rlimit tight{bytes, saved.rlim_max};
    setrlimit(RLIMIT_FSIZE, &tight);
  };
  ToyRun run;
  run.before_sample = [&](TrainingSample& sample) {
    if (sample.step == 5 || sample.step == 9) {
      limit(sample.step == 5 ? 4096 : saved.rlim_cur);
    }
  };
  const TrainResult result = train_locally(run, dir(), 1);
  limit(saved.rlim_cur);
  EXPECT_EQ(result.state, "done");
  EXPECT_TRUE(bytes_of_run(dir()) == unbroken());
}

TEST_F(TrainerTest, AFullDiskAtTheLastCheckpointIsAnError) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit saved{};
  getrlimit(RLIMIT_FSIZE, &saved);
  ToyRun run;
  run.before_sample = [&](TrainingSample& sample) {
    const rlimit tight{4096, saved.rlim_max};
    if (sample.step == 9) {
      setrlimit(RLIMIT_FSIZE, &tight);
    }
  };
  expect_error(ExitCode::Io, {"step-00000012"}, [&] { train_locally(run, dir(), 1); });
  setrlimit(RLIMIT_FSIZE, &saved);
  EXPECT_EQ(status()["state"], "failed");
  EXPECT_EQ(status()["exit_code"], 74);
  EXPECT_EQ(status()["resumable"], true);
  EXPECT_EQ(io::read_verified(dir() / "checkpoints" / "step-00000008.safetensors").entries().size(),
            5U);
  EXPECT_EQ(train_locally({}, dir(), 1).state, "done");
  EXPECT_TRUE(bytes_of_run(dir()) == unbroken());
}

TEST_F(TrainerTest, AnotherConfigurationDoesNotGoOnWithThisRun) {
  EXPECT_EQ(train_locally(failing_at(6, 0), dir(), 1).state, "failed");
  ToyRun other;
  other.seed = 2;
  expect_error(
      ExitCode::BadConfig, {"train.seed=2", "run.dir"}, [&] { train_locally(other, dir(), 1); });
  EXPECT_EQ(train_locally({}, dir(), 1).state, "done");
  expect_error(
      ExitCode::BadConfig, {"another configuration"}, [&] { train_locally(other, dir(), 1); });
}

TEST_F(TrainerTest, ARunInUseIsRefusedAndUntouched) {
  ToyRun run;
  run.before_sample = [this](TrainingSample& sample) {
    if (sample.step == 3) {
      const Json before = status();
      expect_error(ExitCode::RunOwned, {"in use by process"}, [&] { train_locally({}, dir(), 1); });
      EXPECT_EQ(status(), before);
    }
  };
  EXPECT_EQ(train_locally(run, dir(), 1).state, "done");
  EXPECT_TRUE(bytes_of_run(dir()) == unbroken());
}

TEST_F(TrainerTest, AnAttemptThatWasTakenOverPublishesNothingMore) {
  ToyRun run;
  run.before_sample = [this](TrainingSample& sample) {
    if (sample.step == 5) {
      make_directories(dir() / "attempts" / "0002");
    }
  };
  expect_error(ExitCode::RunOwned, {"attempt 2 took over"}, [&] { train_locally(run, dir(), 1); });
  EXPECT_EQ(io::list_checkpoints(dir() / "checkpoints").at(0).step, 4);
  EXPECT_EQ(status()["state"], "running");
}

}  // namespace
}  // namespace yates::train
