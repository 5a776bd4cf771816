// SPDX-License-Identifier: Apache-2.0
// Bits, resume and files of a run, on local ranks and a toy network.
#include "launcher/train/trainer.hpp"

#include <cstdint>
#include <fstream>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "tests/launcher/train/toy_run.hpp"
#include "tests/launcher/train/toy_run_folder.hpp"
#include "tests/support/expect_error.hpp"

namespace yates::train {
namespace {

using testing::expect_error;

TEST_F(TrainerTest, RankCountDoesNotChangeTheBits) {
  const RunBytes one = unbroken();
  for (const int ranks : {2, 4}) {
    const std::string name = "r" + std::to_string(ranks);
    const TrainResult result = train_locally({}, dir(name), ranks);
    EXPECT_EQ(result.state, "done");
    EXPECT_TRUE(bytes_of_run(dir(name)) == one) << ranks << " ranks";
  }
}

TEST_F(TrainerTest, FailureAndResumeOnOtherRankCountsDoNotChangeTheBits) {
  const RunBytes one = unbroken();
  EXPECT_EQ(train_locally(failing_at(2, 3), dir(), 2).state, "failed");
  EXPECT_EQ(train_locally(failing_at(6, 0), dir(), 4).state, "failed");
  EXPECT_EQ(train_locally(failing_at(11, 1), dir(), 1).state, "failed");
  EXPECT_EQ(train_locally({}, dir(), 2).state, "done");
  EXPECT_TRUE(bytes_of_run(dir()) == one);
  EXPECT_EQ(status()["attempt"], 4);
}

TEST_F(TrainerTest, AStopAfterEveryStepDoesNotChangeTheBits) {
  const RunBytes one = unbroken();
  ToyRun run;
  run.before_sample = [this](TrainingSample&) { std::ofstream(dir() / "HALT") << ""; };
  TrainResult result;
  for (std::int64_t step = 1; step <= 12; ++step) {
    result = train_locally(run, dir(), step % 2 == 0 ? 1 : 2);
    EXPECT_EQ(result.step, step);
    std::filesystem::remove(dir() / "HALT");
  }
  EXPECT_EQ(result.state, "done");
  EXPECT_TRUE(bytes_of_run(dir()) == one);
}

TEST_F(TrainerTest, OneBitOfOneSampleChangesTheBits) {
  const RunBytes one = unbroken();
  ToyRun run;
  run.before_sample = [](TrainingSample& sample) {
    if (sample.step == 7 && sample.slot == 2) {
      auto* bits = static_cast<std::uint32_t*>(sample.x.data_ptr());
      *bits ^= 1U << 12;
    }
  };
  train_locally(run, dir(), 2);
  const RunBytes other = bytes_of_run(dir());
  EXPECT_NE(other.weights, one.weights);
  EXPECT_NE(other.checkpoint, one.checkpoint);
  EXPECT_NE(other.metrics, one.metrics);
}

TEST_F(TrainerTest, AChangedFingerprintIsWarnedAboutFieldByFieldAndRecorded) {
  ToyRun failing = failing_at(6, 0);
  failing.fingerprint = {{"threads", "1"}, {"compiler", "g++ 12"}, {"libtorch", "2.11"}};
  EXPECT_EQ(train_locally(failing, dir(), 1).state, "failed");
  ToyRun other;
  other.fingerprint = {{"threads", "2"}, {"compiler", "g++ 12"}, {"libtorch", "2.12"}};
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(train_locally(other, dir(), 1).state, "done");
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("threads was '1' and is '2'"), std::string::npos) << said;
  EXPECT_NE(said.find("libtorch was '2.11' and is '2.12'"), std::string::npos) << said;
  EXPECT_EQ(said.find("compiler was"), std::string::npos) << said;
  const auto file = io::read_verified(dir() / "final.safetensors");
  EXPECT_EQ(file.metadata().at("fingerprint.threads"), "2");
  EXPECT_EQ(file.metadata().at("fingerprint.libtorch"), "2.12");
}

TEST_F(TrainerTest, UnfinishedFilesOfEarlierAttemptsAreRemovedAtTheStart) {
  const auto checkpoint = dir() / "checkpoints" / ".step-00000004.safetensors.123.tmp";
  const auto status_file = dir() / ".status.json.host-123-00ff.tmp";
  std::filesystem::create_directories(checkpoint.parent_path());
  std::ofstream(checkpoint) << "half";
  std::ofstream(status_file) << "half";
  EXPECT_EQ(train_locally(failing_at(0, 0), dir(), 1).state, "failed");
  EXPECT_FALSE(std::filesystem::exists(checkpoint));
  EXPECT_FALSE(std::filesystem::exists(status_file));
}

TEST_F(TrainerTest, LeavesTensorBoardEvents) {
  train_locally({}, dir(), 2);
  EXPECT_TRUE(std::filesystem::exists(dir() / "tensorboard" / "events.out.tfevents.0.yates"));
}

TEST_F(TrainerTest, AnotherSeedChangesEverything) {
  const RunBytes one = unbroken();
  ToyRun other;
  other.seed = 2;
  train_locally(other, dir(), 1);
  const RunBytes two = bytes_of_run(dir());
  EXPECT_NE(two.weights, one.weights);
  EXPECT_NE(two.checkpoint, one.checkpoint);
  EXPECT_NE(two.metrics, one.metrics);
}

TEST_F(TrainerTest, FastReductionAgreesToRounding) {
  ToyRun fast;
  fast.reduction = "fast";
  train_locally(fast, dir(), 2);
  const auto last_loss = [](const RunBytes& bytes) {
    const std::size_t at = bytes.metrics.rfind("\"loss\":");
    return std::stod(bytes.metrics.substr(at + 7));
  };
  EXPECT_NEAR(last_loss(bytes_of_run(dir())), last_loss(unbroken()), 1e-4);
}

TEST_F(TrainerTest, WritesTheFilesOfTheContract) {
  EXPECT_EQ(train_locally({}, dir(), 2).code, ExitCode::Ok);
  EXPECT_EQ(status()["state"], "done");
  EXPECT_EQ(status()["step"], 12);
  EXPECT_EQ(status()["steps"], 12);
  EXPECT_EQ(status()["exit_code"], 0);
  EXPECT_EQ(read_file(dir() / "run.yaml"), "schema: 1\n");
  const auto checkpoints = io::list_checkpoints(dir() / "checkpoints");
  ASSERT_EQ(checkpoints.size(), 2U);
  EXPECT_EQ(checkpoints[0].path.filename(), "step-00000012.safetensors");
  EXPECT_EQ(checkpoints[1].step, 8);
  const auto file = io::read_verified(checkpoints[0].path);
  EXPECT_NE(file.find("momentum.first.weight"), nullptr);
  const auto weights = io::read_verified(dir() / "final.safetensors");
  EXPECT_EQ(weights.entries().size(), 3U);

  std::ifstream lines(dir() / "metrics.jsonl");
  std::int64_t steps = 0;
  std::int64_t validations = 0;
  for (std::string line; std::getline(lines, line);) {
    const Json json = parse_json(line, "metrics.jsonl");
    if (json.contains("dice")) {
      ++validations;
      EXPECT_TRUE(json["step"] == 8 || json["step"] == 12);
      EXPECT_GE(json["dice"]["mean"], 0.0);
      EXPECT_LE(json["dice"]["mean"], 1.0);
      continue;
    }
    EXPECT_EQ(json["step"], ++steps);
    for (const char* key :
         {"loss", "lr", "grad_norm", "step_s", "data_wait_s", "data_underruns", "comm_wait_s"}) {
      EXPECT_TRUE(json[key].is_number()) << key;
    }
  }
  EXPECT_EQ(steps, 12);
  EXPECT_EQ(validations, 2);
}

TEST_F(TrainerTest, LearnsTheToyTask) {
  ToyRun run;
  run.epochs = 10;
  train_locally(run, dir(), 1);
  std::ifstream lines(dir() / "metrics.jsonl");
  std::vector<double> losses;
  for (std::string line; std::getline(lines, line);) {
    const Json json = parse_json(line, "metrics.jsonl");
    if (json.contains("loss")) {
      losses.push_back(json["loss"].get<double>());
    }
  }
  EXPECT_LT(losses.back(), 0.7 * losses.front());
}

TEST_F(TrainerTest, AFinishedRunIsLeftAlone) {
  const RunBytes one = unbroken();
  const TrainResult again = train_locally(failing_at(0, 0), dir("unbroken"), 2);
  EXPECT_EQ(again.code, ExitCode::Ok);
  EXPECT_EQ(again.step, 12);
  EXPECT_FALSE(std::filesystem::exists(dir("unbroken") / "attempts" / "0002"));
  EXPECT_TRUE(bytes_of_run(dir("unbroken")) == one);
}

TEST_F(TrainerTest, SaveAsksForACheckpointNow) {
  ToyRun run;
  std::vector<std::int64_t> seen;
  run.before_sample = [&](TrainingSample& sample) {
    if (sample.step == 1) {
      std::ofstream(dir() / "SAVE") << "";
    }
    if (sample.step == 3) {
      seen.push_back(io::list_checkpoints(dir() / "checkpoints").at(0).step);
    }
  };
  train_locally(run, dir(), 1);
  EXPECT_EQ(seen.front(), 2);
  EXPECT_FALSE(std::filesystem::exists(dir() / "SAVE"));
}

TEST(TrainOptions, AreRefusedWhereThisProgramCannotTrainThem) {
  expect_error(ExitCode::BadConfig, {"3 ranks cannot share a global batch of 2"}, [&] {
    check_train_options({}, 3);
  });
  EXPECT_NO_THROW(check_train_options({}, 2));
}

}  // namespace
}  // namespace yates::train
