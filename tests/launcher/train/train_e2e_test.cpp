// SPDX-License-Identifier: Apache-2.0
// The promise about bits, kept by the built command on SegMamba-V2 and a phantom data set.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "io/shard/manifest.hpp"
#include "io/shard/shard_file.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::testing {
namespace {

constexpr const char* kConfiguration = R"(schema: 1
model: {width: 8}
data: {dir: shards, split: split.json, patch: [32, 32, 32], workers: 1}
train: {epochs: 2, steps_per_epoch: 3, validate_every: 1}
)";

class TrainEndToEnd : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryDirectory();
    must({"data", "phantom", "--out", "raw", "--cases", "6", "--seed", "3", "--shape", "48,48,48"});
    must({"data", "import", "--in", "raw", "--out", "shards"});
    must({"data", "split", "--data", "shards", "--out", "split.json", "--seed", "1"});
    write_file_atomic(*folder_ / "run.yaml", kConfiguration);
  }
  static void TearDownTestSuite() { delete folder_; }

  static void must(const std::vector<std::string>& arguments) {
    const CommandResult result = run_yates(arguments, folder_->path().string());
    ASSERT_EQ(result.exit_code, 0) << result.error;
  }

  static std::filesystem::path dir(const std::string& run) { return *folder_ / run; }

  /// `yates train` on so many ranks; 0: without mpirun. `fault` as in YATES_FAULT.
  static CommandResult train(const std::string& run,
                             int ranks,
                             const std::vector<std::string>& overrides = {},
                             const std::string& fault = "") {
    std::vector<std::string> words;
    if (ranks > 0) {
      words = {YATES_MPIEXEC, "-np", std::to_string(ranks), "--oversubscribe", "--bind-to", "none"};
    }
    words.insert(words.end(), {YATES_BINARY, "train", "--config", "run.yaml", "run.dir=" + run});
    words.insert(words.end(), overrides.begin(), overrides.end());
    return run_command(words, folder_->path().string(), {"YATES_FAULT=" + fault});
  }

  static Json status(const std::string& run) { return read_json(dir(run) / "status.json"); }

  /// Lines of metrics.jsonl without their times.
  static std::vector<Json> metrics(const std::string& run) {
    std::vector<Json> lines;
    std::istringstream text(read_file(dir(run) / "metrics.jsonl"));
    for (std::string line; std::getline(text, line);) {
      Json json = Json::parse(line, nullptr, false);
      for (const char* time : {"step_s", "data_wait_s", "data_underruns", "comm_wait_s"}) {
        json.erase(time);
      }
      lines.push_back(json);
    }
    return lines;
  }

  static void expect_same_bits(const std::string& a, const std::string& b) {
    for (const char* file : {"final.safetensors", "checkpoints/step-00000006.safetensors"}) {
      EXPECT_TRUE(read_file(dir(a) / file) == read_file(dir(b) / file)) << file << " of " << b;
    }
    EXPECT_EQ(metrics(a), metrics(b));
  }

  static TemporaryDirectory* folder_;
};

TemporaryDirectory* TrainEndToEnd::folder_ = nullptr;

/// Waits until a run has written so many lines of metrics; false if its process ended before.
bool wait_for_lines(const std::filesystem::path& run,
                    std::size_t lines,
                    const std::future<CommandResult>& running) {
  while (running.wait_for(std::chrono::milliseconds(20)) != std::future_status::ready) {
    std::ifstream stream(run / "metrics.jsonl");
    std::size_t found = 0;
    for (std::string line; std::getline(stream, line);) {
      ++found;
    }
    if (found >= lines) {
      return true;
    }
  }
  return false;
}

int owner_of(const std::filesystem::path& run) {
  return read_json(run / "attempts" / "0001" / "owner.json")["pid"].get<int>();
}

TEST_F(TrainEndToEnd, OneRankTwoRanksAndTwoKilledRanksEndWithTheSameBits) {
  const CommandResult alone = train("alone", 0);
  ASSERT_EQ(alone.exit_code, 0) << alone.error;
  const CommandResult two = train("two", 2);
  ASSERT_EQ(two.exit_code, 0) << two.error;
  expect_same_bits("alone", "two");

  // Steps 1 to 3, a validation and a checkpoint, then step 4: killed between two checkpoints.
  auto running = std::async(std::launch::async, [] { return train("killed", 2); });
  ASSERT_TRUE(wait_for_lines(dir("killed"), 5, running));
  ::kill(owner_of(dir("killed")), SIGKILL);
  EXPECT_EQ(running.get().exit_code, 137);
  EXPECT_FALSE(std::filesystem::exists(dir("killed") / "final.safetensors"));
  const CommandResult again = train("killed", 2);
  ASSERT_EQ(again.exit_code, 0) << again.error;
  EXPECT_EQ(status("killed")["attempt"], 2);
  expect_same_bits("alone", "killed");

  const CommandResult other = train("other", 2, {"train.seed=2"});
  ASSERT_EQ(other.exit_code, 0) << other.error;
  EXPECT_FALSE(read_file(dir("alone") / "final.safetensors") ==
               read_file(dir("other") / "final.safetensors"));
  EXPECT_NE(metrics("alone"), metrics("other"));
}

TEST_F(TrainEndToEnd, FourSamplesOnOneTwoAndFourRanksEndWithTheSameBits) {
  const std::vector<std::string> batch = {"train.global_batch=4"};
  const CommandResult alone = train("batch_alone", 0, batch);
  ASSERT_EQ(alone.exit_code, 0) << alone.error;
  const CommandResult four = train("batch_four", 4, batch);
  ASSERT_EQ(four.exit_code, 0) << four.error;
  expect_same_bits("batch_alone", "batch_four");

  // From four ranks to two to one.
  for (const int ranks : {4, 2}) {
    auto running =
        std::async(std::launch::async, [&] { return train("batch_moved", ranks, batch); });
    ASSERT_TRUE(wait_for_lines(dir("batch_moved"), ranks == 4 ? 2 : 4, running));
    std::ofstream(dir("batch_moved") / "HALT");
    ASSERT_EQ(running.get().exit_code, 75);
    std::filesystem::remove(dir("batch_moved") / "HALT");
  }
  ASSERT_EQ(train("batch_moved", 0, batch).exit_code, 0);
  EXPECT_EQ(status("batch_moved")["attempt"], 3);
  expect_same_bits("batch_alone", "batch_moved");
}

TEST_F(TrainEndToEnd, AForegroundHeadIsTrainedAloneFirstAndResumesToTheSameBits) {
  const std::vector<std::string> arm = {"model.mamba_stages=[0,1]",
                                        "model.prune.enabled=true",
                                        "model.prune.scorer=r3",
                                        "model.prune.restore=neighbor",
                                        "model.fce.enabled=true",
                                        "model.fce.alignment=0.5",
                                        "model.fce.smoothing=0.1",
                                        "model.fce.pretrain_epochs=1"};
  const CommandResult alone = train("fce", 0, arm);
  ASSERT_EQ(alone.exit_code, 0) << alone.error;
  // Two ranks, stopped while the head alone is trained.
  auto running = std::async(std::launch::async, [&] { return train("fce_two", 2, arm); });
  ASSERT_TRUE(wait_for_lines(dir("fce_two"), 1, running));
  std::ofstream(dir("fce_two") / "HALT");
  EXPECT_EQ(running.get().exit_code, 75);
  std::filesystem::remove(dir("fce_two") / "HALT");
  const CommandResult again = train("fce_two", 2, arm);
  ASSERT_EQ(again.exit_code, 0) << again.error;
  expect_same_bits("fce", "fce_two");

  const Json first = metrics("fce").front();
  const auto number = [&](const char* key) { return first.at(key).get<double>(); };
  EXPECT_NEAR(number("loss"),
              number("fce_bce") + 0.5 * number("fce_alignment") + 0.1 * number("fce_smoothing"),
              1e-5);
  EXPECT_GT(metrics("fce").back().at("step").get<int>(), 3);
}

TEST_F(TrainEndToEnd, ASignalStopsBothRanksCleanly) {
  auto running = std::async(std::launch::async, [] { return train("signal", 2); });
  ASSERT_TRUE(wait_for_lines(dir("signal"), 1, running));
  ::kill(owner_of(dir("signal")), SIGUSR1);
  const CommandResult stopped = running.get();
  EXPECT_EQ(stopped.exit_code, 75) << stopped.error;
  EXPECT_EQ(status("signal")["state"], "interrupted");
  EXPECT_EQ(status("signal")["reason"], "SIGUSR1");
  EXPECT_EQ(status("signal")["resumable"], true);
}

/// Copies the data set and flips a bit in the labels of one of its training cases; returns its id.
std::string damage_a_training_case(const std::filesystem::path& from,
                                   const std::filesystem::path& to,
                                   const std::filesystem::path& split) {
  std::filesystem::copy(from, to);
  const std::string id = read_json(split)["train"][0].get<std::string>();
  const io::Manifest manifest = io::read_manifest(to);
  const io::ShardRecord& shard = manifest.shards.front();
  const std::int64_t at = io::ShardFile(to / shard.file, shard.bytes).find(id).labels.offset + 99;
  std::fstream file(to / shard.file, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(at);
  const char byte = static_cast<char>(file.get());
  file.seekp(at);
  file.put(static_cast<char>(byte ^ 1));
  return id;
}

TEST_F(TrainEndToEnd, ADamagedCaseStopsAllRanksAndIsNamed) {
  const std::string id = damage_a_training_case(dir("shards"), dir("damaged"), dir("split.json"));
  for (const int ranks : {2, 3}) {
    const std::string run = "damaged" + std::to_string(ranks);
    const CommandResult result =
        train(run, ranks, {"data.dir=damaged", "train.global_batch=6", "train.steps_per_epoch=2"});
    EXPECT_EQ(result.exit_code, 65) << result.error;
    EXPECT_EQ(result.error.find("MPI_ABORT"), std::string::npos) << result.error;
    EXPECT_NE(result.error.find("case " + id + ", labels: the checksum"), std::string::npos)
        << result.error;
    const std::string reason = status(run)["reason"].get<std::string>();
    EXPECT_EQ(reason.rfind("rank ", 0), 0U) << reason;
    EXPECT_NE(reason.find("case " + id), std::string::npos) << reason;
    EXPECT_EQ(status(run)["state"], "failed");
    EXPECT_EQ(status(run)["exit_code"], 65);
  }
}

#ifdef YATES_FAULTS
TEST_F(TrainEndToEnd, AFileSystemThatFailsForAMomentCostsNoBitAndOneThatStaysIllIsNamed) {
  const CommandResult moment = train("moment", 2, {}, "rank=1,point=shard.read,action=estale:3");
  EXPECT_EQ(moment.exit_code, 0) << moment.error;
  EXPECT_NE(moment.error.find("try 4 of 6 follows"), std::string::npos) << moment.error;
  ASSERT_EQ(train("healthy", 0).exit_code, 0);
  expect_same_bits("healthy", "moment");

  const CommandResult ill = train("ill", 2, {}, "rank=1,point=shard.read,action=eio:100");
  EXPECT_EQ(ill.exit_code, 74) << ill.error;
  EXPECT_EQ(ill.error.find("MPI_ABORT"), std::string::npos) << ill.error;
  const std::string reason = status("ill")["reason"].get<std::string>();
  EXPECT_EQ(reason.rfind("rank 1: reading case ", 0), 0U) << reason;
  EXPECT_NE(reason.find("failed after 6 tries: Input/output error"), std::string::npos) << reason;
  EXPECT_EQ(status("ill")["resumable"], true);
  EXPECT_EQ(train("ill", 2).exit_code, 0);
  expect_same_bits("healthy", "ill");
}
#endif

TEST_F(TrainEndToEnd, ThreeRanksCannotShareABatchOfTwo) {
  const CommandResult result = train("three", 3);
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_NE(result.error.find("3 ranks cannot share a global batch of 2"), std::string::npos)
      << result.error;
  EXPECT_FALSE(std::filesystem::exists(dir("three")));
}

TEST_F(TrainEndToEnd, BadInputIsToldOnceBeforeAnythingIsWritten) {
  const CommandResult key = train("bad", 2, {"model.widht=16"});
  EXPECT_EQ(key.exit_code, 78);
  EXPECT_NE(key.error.find("did you mean 'width'?"), std::string::npos) << key.error;
  EXPECT_EQ(key.error.find("widht"), key.error.rfind("widht\'")) << key.error;
  EXPECT_EQ(train("bad", 0, {"data.dir=nowhere"}).exit_code, 66);
  EXPECT_EQ(train("bad", 0, {"data.patch=[32, 32, 40]"}).exit_code, 78);
  EXPECT_EQ(run_yates({"train"}).exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(dir("bad")));
}

}  // namespace
}  // namespace yates::testing
