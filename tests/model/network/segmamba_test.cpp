// SPDX-License-Identifier: Apache-2.0
// The network against the published one: logits, loss and every gradient, in both precisions.
#include "model/network/segmamba.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "model/loss/cross_entropy.hpp"
#include "tests/support/golden_network.hpp"

namespace yates::model {
namespace {

using namespace yates::testing;  // NOLINT(google-build-using-namespace)

class GoldenArm {
 public:
  GoldenArm(const std::string& name, at::ScalarType dtype)
      : json_(read_json(std::string(YATES_GOLDEN_DIR) + "/model/" + name + ".json")),
        tensors_("model/" + name + ".safetensors"),
        network_(options_of(json_), dtype) {
    fill_by_formula(network_.parameters());
    const at::Tensor x =
        tensor_of(formula_image("input", 4 * 32 * 32 * 32, 1.5), {1, 4, 32, 32, 32}, dtype);
    const at::Tensor y =
        tensor_of(formula_labels("labels", 32 * 32 * 32), {1, 32, 32, 32}, at::kLong);
    ForwardTrace trace;
    trace.on_block = [this](const std::string& block, const at::Tensor& output) {
      blocks_.emplace_back(block, output.detach());
    };
    logits_ = network_.forward(x, {}, &trace);
    const at::Tensor loss = cross_entropy(logits_, y);
    loss.backward();
    loss_ = loss.item<double>();
  }

  static ModelOptions options_of(const Json& json) {
    ModelOptions options;
    options.width = json.at("width").get<std::int64_t>();
    if (json.at("relocate").get<bool>()) {
      options.mamba_stages = {0, 1};
    }
    return options;
  }

  /// Gradients that are zero but for rounding.
  [[nodiscard]] std::set<std::string> zero_gradients() const {
    return json_.at("gradients_that_are_zero_in_exact_arithmetic").get<std::set<std::string>>();
  }

  Json json_;
  GoldenTensors tensors_;
  SegMamba network_;
  at::Tensor logits_;
  std::vector<std::pair<std::string, at::Tensor>> blocks_;  ///< In the order they were finished.
  double loss_ = 0;
};

/// The outputs of the blocks that the forward pass tells of, one by one.
void expect_activations(const GoldenArm& arm) {
  std::size_t compared = 0;
  for (const auto& [block, output] : arm.blocks_) {
    const Json& activations = arm.json_.at("activations");
    if (!activations.contains(block)) {
      continue;
    }
    ++compared;
    const Json& expected = activations.at(block);
    const double norm = expected.at("l2").get<double>();
    EXPECT_NEAR(l2_norm(output), norm, 1e-9 * norm) << block;
    EXPECT_NEAR(total(output), expected.at("sum").get<double>(), 1e-9 * norm) << block;
    EXPECT_NEAR(largest(output), expected.at("absmax").get<double>(), 1e-9 * norm) << block;
    const at::Tensor values = output.contiguous().flatten();
    for (std::int64_t i = 0; i < 4; ++i) {
      const auto at_index = static_cast<std::size_t>(i);
      EXPECT_NEAR(
          values[i].item<double>(), expected.at("first").at(at_index).get<double>(), 1e-9 * norm)
          << block;
      EXPECT_NEAR(values[values.numel() - 4 + i].item<double>(),
                  expected.at("last").at(at_index).get<double>(),
                  1e-9 * norm)
          << block;
    }
  }
  EXPECT_EQ(compared, arm.blocks_.size());
}

void expect_float64_parity(const std::string& name) {
  const GoldenArm arm(name, at::kDouble);
  expect_activations(arm);
  const double loss = arm.json_.at("loss").get<double>();
  EXPECT_NEAR(arm.loss_, loss, 1e-9 * loss);
  EXPECT_LT(relative_absmax(arm.logits_, golden_tensor(arm.tensors_, "logits")), 1e-6);
  const Json& logits = arm.json_.at("logits");
  const double norm = logits.at("l2").get<double>();
  EXPECT_NEAR(l2_norm(arm.logits_), norm, 1e-9 * norm);
  EXPECT_NEAR(total(arm.logits_), logits.at("sum").get<double>(), 1e-9 * norm);

  const std::set<std::string> zero = arm.zero_gradients();
  for (const Parameter& parameter : arm.network_.parameters()) {
    const Json& expected = arm.json_.at("gradients").at(parameter.name);
    const at::Tensor gradient = ParameterList::gradient(parameter);
    if (zero.count(parameter.name) != 0) {
      EXPECT_LT(l2_norm(gradient), 1e-12) << parameter.name;
      continue;
    }
    const double expected_norm = expected.at("l2").get<double>();
    EXPECT_NEAR(l2_norm(gradient), expected_norm, 1e-9 * expected_norm) << parameter.name;
    EXPECT_NEAR(total(gradient), expected.at("sum").get<double>(), 1e-9 * expected_norm)
        << parameter.name;
    EXPECT_NEAR(largest(gradient), expected.at("absmax").get<double>(), 1e-9 * expected_norm)
        << parameter.name;
    if (arm.tensors_.contains("grad." + parameter.name)) {
      const at::Tensor stored = golden_tensor(arm.tensors_, "grad." + parameter.name);
      EXPECT_LT(relative_absmax(gradient, stored), 1e-6) << parameter.name;
    }
  }
}

void expect_float32_parity(const std::string& name) {
  const GoldenArm arm(name, at::kFloat);
  EXPECT_NEAR(arm.loss_, arm.json_.at("loss").get<double>(), 1e-5);
  const at::Tensor expected = golden_tensor(arm.tensors_, "logits");
  const at::Tensor difference = arm.logits_.to(at::kDouble) - expected;
  EXPECT_LT(largest(difference), 5e-4);
  EXPECT_LT(l2_norm(difference) / l2_norm(expected), 5e-5);

  const std::set<std::string> zero = arm.zero_gradients();
  std::vector<double> distances;
  for (const Parameter& parameter : arm.network_.parameters()) {
    const std::string stored = "grad." + parameter.name;
    if (zero.count(parameter.name) != 0 || !arm.tensors_.contains(stored)) {
      continue;
    }
    const at::Tensor golden = golden_tensor(arm.tensors_, stored);
    const at::Tensor gradient = ParameterList::gradient(parameter).to(at::kDouble);
    distances.push_back(l2_norm(gradient - golden) / l2_norm(golden));
    EXPECT_LT(distances.back(), 0.15) << parameter.name;
  }
  ASSERT_GT(distances.size(), 20U);
  std::sort(distances.begin(), distances.end());
  EXPECT_LT(distances[distances.size() / 2], 0.03);
}

TEST(SegMamba, BaseEqualsThePublishedNetworkInFloat64) {
  expect_float64_parity("forward_c8_base");
}

TEST(SegMamba, RelocatedEqualsTheReferenceInFloat64) {
  expect_float64_parity("forward_c8_relocate");
}

TEST(SegMamba, BothArmsAreWithinRoundingInFloat32) {
  expect_float32_parity("forward_c8_base");
  expect_float32_parity("forward_c8_relocate");
}

TEST(SegMamba, EveryArmRunsOnAnUnevenPatchAndReachesEveryParameter) {
  const std::vector<std::vector<std::int64_t>> stages = {{}, {0}, {1, 3}, {0, 1, 2, 3}};
  for (const auto& mamba_stages : stages) {
    for (const bool conv_lt : {false, true}) {
      ModelOptions options;
      options.width = 8;
      options.mamba_stages = mamba_stages;
      options.conv_lt = conv_lt;
      options.prune.enabled = true;
      options.prune.keep_rates.assign(mamba_stages.size(), 0.3);
      const SegMamba network(options);
      fill_by_formula(network.parameters());
      const at::Tensor x =
          tensor_of(formula_image("input", 4 * 16 * 16 * 32, 1.5), {1, 4, 16, 16, 32}, at::kFloat);
      const at::Tensor logits = network.forward(x);
      EXPECT_EQ(logits.sizes(), x.sizes());
      logits.square().mean().backward();
      for (const Parameter& parameter : network.parameters()) {
        EXPECT_TRUE(parameter.value.grad().defined()) << parameter.name;
      }
    }
  }
}

TEST(SegMamba, BadOptionsAreRefusedBeforeAnythingIsAllocated) {
  ModelOptions options;
  options.width = std::int64_t{1} << 40;
  options.mamba_stages = {2, 2};
  EXPECT_THROW(SegMamba{options}, Error);
}

}  // namespace
}  // namespace yates::model
