// SPDX-License-Identifier: Apache-2.0
// A small arm trained with activations of low precision, beside the same arm in float32.
#include <cmath>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "dist/watchdog.hpp"
#include "launcher/train/segmamba_network.hpp"
#include "launcher/train/training_step.hpp"
#include "tests/support/golden_network.hpp"

namespace yates::train {
namespace {

using testing::formula_image;
using testing::formula_labels;
using testing::tensor_of;

constexpr std::int64_t kSteps = 6;

/// The same two samples at every step.
class TwoSamples final : public SampleSource {
 public:
  TrainingSample next() override {
    const std::string slot = std::to_string(count_ % 2);
    TrainingSample sample;
    sample.step = count_ / 2;
    sample.slot = count_++ % 2;
    sample.x =
        tensor_of(formula_image("x" + slot, 4 * 32 * 32 * 32, 1.5), {1, 4, 32, 32, 32}, at::kFloat);
    sample.y = tensor_of(formula_labels("y" + slot, 32 * 32 * 32), {1, 32, 32, 32}, at::kLong);
    return sample;
  }
  [[nodiscard]] double wait_seconds() const override { return 0; }
  [[nodiscard]] std::int64_t underruns() const override { return 0; }

 private:
  std::int64_t count_ = 0;
};

std::vector<StepResult> train_arm(at::ScalarType activations) {
  const ComputePolicy compute{.activations = activations};
  model::ModelOptions arm;
  arm.width = 8;
  arm.mamba_stages = {0, 1};
  arm.prune.enabled = true;
  TrainOptions options;
  options.lr = 0.02;
  const TrainedNetwork network = make_segmamba(arm, 1, kSteps, compute);
  TrainingState state(network, compute);
  const auto communicator = dist::make_null_communicator();
  dist::Watchdog watchdog(*communicator, {});
  TrainingStep step(options, kSteps, network, state, *communicator, watchdog, compute);
  TwoSamples samples;
  std::vector<StepResult> results;
  for (std::int64_t i = 0; i < kSteps; ++i) {
    step.fetch(samples);
    results.push_back(step.run());
  }
  EXPECT_EQ(network.parameters.front().value.scalar_type(), at::kFloat);
  return results;
}

TEST(Precision, Bfloat16ActivationsFollowTheCurveOfFloat32) {
  const auto full = train_arm(at::kFloat);
  const auto low = train_arm(at::kBFloat16);
  EXPECT_LT(full.back().loss, full.front().loss - 0.05);
  for (std::size_t i = 0; i < full.size(); ++i) {
    EXPECT_TRUE(low[i].finite);
    EXPECT_NEAR(low[i].loss, full[i].loss, 0.02 * full[i].loss) << i;
    EXPECT_NE(low[i].loss, full[i].loss) << i;
    EXPECT_NEAR(low[i].grad_norm, full[i].grad_norm, 0.1 * full[i].grad_norm) << i;
  }
}

TEST(Precision, AStepInBfloat16IsRepeatable) {
  const auto first = train_arm(at::kBFloat16);
  const auto second = train_arm(at::kBFloat16);
  EXPECT_EQ(first.back().loss, second.back().loss);
  EXPECT_EQ(first.back().grad_norm, second.back().grad_norm);
}

}  // namespace
}  // namespace yates::train
