// SPDX-License-Identifier: Apache-2.0
// The foreground heads: losses by hand and by differences, what they change and what they leave.
#include <cmath>
#include <string>
#include <vector>

#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "model/fce/foreground_loss.hpp"
#include "model/init.hpp"
#include "model/loss/cross_entropy.hpp"
#include "model/network/segmamba.hpp"
#include "tests/support/finite_differences.hpp"

namespace yates::model {
namespace {

using namespace yates::testing;  // NOLINT(google-build-using-namespace)

ModelOptions arm(const std::string& scorer) {
  ModelOptions options;
  options.width = 8;
  options.mamba_stages = {0, 1};
  options.fce.enabled = true;
  options.prune.enabled = scorer != "none";
  options.prune.scorer = scorer == "none" ? "l2" : scorer;
  return options;
}

at::Tensor input(at::ScalarType dtype = at::kFloat) {
  return tensor_of(formula_image("input", 4 * 16 * 16 * 32, 1.5), {1, 4, 16, 16, 32}, dtype);
}

at::Tensor labels() {
  return tensor_of(formula_labels("labels", 16 * 16 * 32), {1, 16, 16, 32}, at::kLong);
}

// Stage 0, labels 2 x 2 x 4: the first token's cube holds 2 foreground voxels of 8, the second
// none: mask 1/4, 0. Logits 0 and log 3: F = 1/2, 3/4. Norms 1 and 3: E = 0, 1.
TEST(ForegroundLosses, FollowTheirDefinitionsByHand) {
  std::vector<std::int64_t> voxels(16, 0);
  voxels[0] = 1;
  voxels[5] = 3;
  const at::Tensor label_map = tensor_of(voxels, {1, 2, 2, 4}, at::kLong);
  const ForegroundReading reading{
      .stage = 0,
      .features = tensor_of(std::vector<double>{1, -3}, {1, 1, 1, 1, 2}, at::kDouble),
      .logits = tensor_of(std::vector<double>{0, std::log(3.0)}, {1, 1, 1, 1, 2}, at::kDouble)};
  const ForegroundLosses losses = foreground_losses({&reading, 1}, label_map);
  EXPECT_NEAR(losses.bce.item<double>(), (std::log(2.0) + std::log(4.0)) / 2, 1e-12);
  EXPECT_NEAR(losses.alignment.item<double>(), 1 - (0.25 + 1e-5) / (1.5 + 1e-5), 1e-12);
  EXPECT_NEAR(losses.smoothing.item<double>(), 1.0, 1e-12);
  FceOptions weights;
  weights.bce = 2;
  weights.alignment = 0;
  weights.smoothing = 0.5;
  EXPECT_NEAR(losses.total(weights).item<double>(), std::log(8.0) + 0.5, 1e-12);
}

TEST(ForegroundLosses, HaveTheGradientOfFiniteDifferences) {
  const at::Tensor label_map =
      tensor_of(formula_labels("l", 2 * 4 * 8 * 16, 2), {2, 4, 8, 16}, at::kLong);
  const auto value = [](const std::string& name, std::int64_t channels) {
    return tensor_of(
        formula_image(name, 2 * channels * 64, 1.5), {2, channels, 2, 4, 8}, at::kDouble);
  };
  for (const int term : {0, 1, 2}) {
    expect_gradients(
        [&](const std::vector<at::Tensor>& in) {
          const ForegroundReading reading{.stage = 0, .features = in[0], .logits = in[1]};
          const ForegroundLosses losses = foreground_losses({&reading, 1}, label_map);
          return term == 0 ? losses.bce : term == 1 ? losses.alignment : losses.smoothing;
        },
        {value("x", 3), value("f", 1)},
        1e-7,
        "term " + std::to_string(term));
  }
}

TEST(ForegroundLosses, EqualEnergiesAndAnEmptyMaskAreFinite) {
  const at::Tensor ones = at::zeros({1, 2, 2, 2, 2}, at::kDouble) + 1.0;
  const at::Tensor features = ones.clone().set_requires_grad(true);
  const ForegroundReading reading{
      .stage = 1, .features = features, .logits = ones.narrow(1, 0, 1) - 800.0};
  const ForegroundLosses losses =
      foreground_losses({&reading, 1}, at::zeros({1, 8, 8, 8}, at::kLong));
  EXPECT_EQ(losses.smoothing.item<double>(), 0.0);
  EXPECT_NEAR(losses.alignment.item<double>(), 0.0, 1e-12);
  losses.smoothing.backward();
  EXPECT_EQ(largest(features.grad()), 0.0);
}

TEST(ForegroundLosses, ANanStaysAndATermOfWeightZeroIsLeftOut) {
  at::Tensor features = at::zeros({1, 2, 2, 2, 2}, at::kDouble) + 1.0;
  features[0][0][0][0][1] = std::nan("");
  const ForegroundReading reading{
      .stage = 0, .features = features, .logits = at::zeros({1, 1, 2, 2, 2}, at::kDouble)};
  const ForegroundLosses losses =
      foreground_losses({&reading, 1}, at::zeros({1, 4, 4, 4}, at::kLong));
  EXPECT_TRUE(std::isnan(losses.smoothing.item<double>()));
  EXPECT_NEAR(losses.total({}).item<double>(), std::log(2.0), 1e-12);
}

TEST(ForegroundHead, LeavesTheOtherInitialValuesAndTheDenseLogitsAsTheyWere) {
  ModelOptions without = arm("none");
  without.fce.enabled = false;
  SegMamba plain(without);
  SegMamba with(arm("none"));
  initialise(plain.parameters(), 7);
  initialise(with.parameters(), 7);
  for (std::size_t i = 0; i < plain.parameters().size(); ++i) {
    EXPECT_EQ(plain.parameters()[i].name, with.parameters()[i].name);
    EXPECT_TRUE(plain.parameters()[i].value.equal(with.parameters()[i].value));
  }
  EXPECT_EQ(with.parameters().size(), plain.parameters().size() + 6);
  EXPECT_EQ(with.parameters()[plain.parameters().size()].name, "vit.fce.0.conv1.weight");
  EXPECT_TRUE(plain.forward(input()).equal(with.forward(input())));
}

TEST(ForegroundHead, EveryScorerRunsAndEveryParameterIsReached) {
  for (const std::string scorer : {"fce", "r0", "r1", "r2", "r3", "r4", "r5"}) {
    for (const std::string restore : {"fused", "neighbor"}) {
      ModelOptions options = arm(scorer);
      options.prune.restore = restore;
      options.prune.summary = "score";
      options.fce.smoothing = 0.5;
      const SegMamba network(options);
      fill_by_formula(network.parameters());
      ForwardTrace trace;
      const at::Tensor logits = network.forward(input(), {}, &trace);
      ASSERT_EQ(trace.foreground.size(), 2U);
      EXPECT_TRUE(logits.equal(network.forward(input()))) << "the trace must not matter";
      const ForegroundLosses losses = foreground_losses(trace.foreground, labels());
      (cross_entropy(logits, labels()) + losses.total(options.fce)).backward();
      for (const Parameter& parameter : network.parameters()) {
        EXPECT_TRUE(parameter.value.grad().defined()) << parameter.name;
        EXPECT_TRUE(parameter.value.grad().isfinite().all().item<bool>()) << parameter.name;
      }
    }
  }
}

TEST(ForegroundHead, AloneItReadsTheSameAndTrainsOnlyItself) {
  const SegMamba network(arm("fce"));
  fill_by_formula(network.parameters());
  ForwardTrace trace;
  EXPECT_EQ(network.forward(input(), {}, &trace).size(1), 4);
  const std::vector<ForegroundReading> readings = network.foreground(input());
  ASSERT_EQ(readings.size(), 2U);
  for (std::size_t i = 0; i < readings.size(); ++i) {
    EXPECT_TRUE(readings[i].logits.equal(trace.foreground[i].logits));
  }
  foreground_losses(readings, labels()).total({}).backward();
  for (const Parameter& parameter : network.parameters()) {
    EXPECT_EQ(parameter.value.grad().defined(), parameter.name.starts_with("vit.fce."))
        << parameter.name;
  }
}

}  // namespace
}  // namespace yates::model
