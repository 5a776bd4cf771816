// SPDX-License-Identifier: Apache-2.0
// The loop as on a GPU: clip, update and verdict decided on the device, results read late.
#include <cmath>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "tests/launcher/train/toy_run.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::train {
namespace {

class LateResultsTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path dir(const std::string& name = "run") const {
    return folder_ / name;
  }
  /// Lines of metrics.jsonl that belong to steps.
  [[nodiscard]] std::vector<Json> steps_of(const std::string& name) const {
    std::vector<Json> steps;
    for (const std::string& line : split(read_file(dir(name) / "metrics.jsonl"), '\n')) {
      if (!line.empty() && parse_json(line, "metrics").contains("loss")) {
        steps.push_back(parse_json(line, "metrics"));
      }
    }
    return steps;
  }

  testing::TemporaryDirectory folder_;
};

ToyRun toy_in(at::ScalarType activations) {
  ToyRun run;
  run.compute.activations = activations;
  return run;
}

/// Spoils the sample (step, slot).
ToyRun spoilt_at(ToyRun run, std::int64_t step, std::int64_t slot) {
  run.before_sample = [step, slot](TrainingSample& sample) {
    if (sample.step == step && sample.slot == slot) {
      sample.x.fill_(std::numeric_limits<float>::infinity());
    }
  };
  return run;
}

TEST_F(LateResultsTest, TheCurveIsTheOneOfTheHost) {
  train_locally({}, dir("host"), 1);
  EXPECT_EQ(train_locally(toy_in(at::kBFloat16), dir(), 1).state, "done");
  const auto host = steps_of("host");
  const auto late = steps_of("run");
  ASSERT_EQ(late.size(), 12U);
  for (std::size_t i = 0; i < late.size(); ++i) {
    EXPECT_EQ(late[i]["step"], static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(late[i]["lr"], host[i]["lr"]);
    EXPECT_NEAR(late[i]["loss"].get<double>(), host[i]["loss"].get<double>(), 1e-5);
    EXPECT_FALSE(late[i].contains("loss_scale"));
  }
}

TEST_F(LateResultsTest, RanksAndInterruptionsDoNotChangeTheBits) {
  const ToyRun run = spoilt_at(toy_in(at::kHalf), 1, 2);
  train_locally(run, dir("unbroken"), 1);
  const RunBytes unbroken = bytes_of_run(dir("unbroken"));
  ToyRun dying = run;
  dying.before_sample = [run](TrainingSample& sample) {
    run.before_sample(sample);
    if (sample.step == 6 && sample.slot == 1) {
      throw std::runtime_error("died here");
    }
  };
  EXPECT_EQ(train_locally(dying, dir(), 2).state, "failed");
  EXPECT_EQ(train_locally(run, dir(), 4).state, "done");
  EXPECT_TRUE(bytes_of_run(dir()) == unbroken);
}

TEST_F(LateResultsTest, AStepThatOverflowsIsSkippedAndCounted) {
  EXPECT_EQ(train_locally(spoilt_at(toy_in(at::kHalf), 5, 1), dir(), 1).state, "done");
  const auto steps = steps_of("run");
  ASSERT_EQ(steps.size(), 12U);
  EXPECT_EQ(steps[4]["skipped_steps"], 0);
  EXPECT_EQ(steps[5]["loss_scale"], 65536.0);
  EXPECT_EQ(steps[5]["skipped_steps"], 1);
  EXPECT_EQ(steps[6]["loss_scale"], 32768.0);
  EXPECT_EQ(steps[11]["skipped_steps"], 1);
  EXPECT_TRUE(std::isfinite(steps[6]["loss"].get<double>()));
}

TEST_F(LateResultsTest, WithoutLossScaleTheRunDivergesAtThatStepAndNothingLaterCounts) {
  const TrainResult result = train_locally(spoilt_at(toy_in(at::kBFloat16), 5, 1), dir(), 2);
  EXPECT_EQ(result.state, "diverged");
  EXPECT_EQ(result.step, 5);
  EXPECT_NE(result.reason.find("step 6: loss"), std::string::npos) << result.reason;
  const auto steps = steps_of("run");
  ASSERT_EQ(steps.size(), 6U);
  EXPECT_EQ(read_json(dir() / "status.json")["step"], 5);
}

}  // namespace
}  // namespace yates::train
