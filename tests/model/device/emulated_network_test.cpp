// SPDX-License-Identifier: Apache-2.0
// Whole arms, forward and backward, with the kernels for GPUs under the block emulator in the place
// of those of the CPU: the way a GPU takes through the model, short of cuDNN and the device itself.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "kernels/loss/voxel_cross_entropy_composed_torch.hpp"
#include "kernels/simt/device.hpp"
#include "model/fce/foreground_loss.hpp"
#include "model/init.hpp"
#include "model/loss/cross_entropy.hpp"
#include "model/network/segmamba.hpp"
#include "model/optim/loss_scale.hpp"
#include "model/optim/sgd.hpp"
#include "tests/support/emulated_device.hpp"
#include "tests/support/golden_network.hpp"

namespace yates::model {
namespace {

using namespace yates::testing;  // NOLINT(google-build-using-namespace)

/// Of the patch: four of them are left at the deepest stage.
constexpr std::int64_t kVoxels = 16 * 32 * 32;

/// Calls of InstanceNorm in one pass: five in each of eight LargeKernelConv, one in each of four
/// MLPs, two in each of ten residual blocks, whose shortcut is normalised along.
constexpr int kNorms = 8 * 5 + 4 + 10 * 2;

struct Result {
  std::string name;
  at::Tensor value;
};

/// The loss of one forward pass, whose logits are given out if they are asked for.
at::Tensor loss_on(const SegMamba& network,
                   at::ScalarType activations,
                   at::Tensor* logits_of = nullptr) {
  const at::Tensor x =
      tensor_of(formula_image("input", 4 * kVoxels, 1.5), {1, 4, 16, 32, 32}, activations);
  const at::Tensor y = tensor_of(formula_labels("labels", kVoxels), {1, 16, 32, 32}, at::kLong);
  ForwardTrace trace;
  const at::Tensor logits = network.forward(x, {.seed = 5}, &trace);
  if (logits_of != nullptr) {
    *logits_of = logits.detach();
  }
  const at::Tensor loss = cross_entropy(logits, y);
  return network.options().fce.enabled
             ? loss + foreground_losses(trace.foreground, y).total(network.options().fce)
             : loss;
}

/// Logits, then the gradient of every parameter.
std::vector<Result> run(const SegMamba& network, at::ScalarType activations = at::kFloat) {
  network.parameters().clear_gradients();
  at::Tensor logits;
  loss_on(network, activations, &logits).backward();
  std::vector<Result> results = {{"logits", logits}};
  for (const Parameter& parameter : network.parameters()) {
    results.push_back({parameter.name, ParameterList::gradient(parameter).clone()});
  }
  return results;
}

SegMamba network_of(const ModelOptions& options) {
  SegMamba network(options);
  initialise(network.parameters(), 3);
  return network;
}

ModelOptions relocated() {
  ModelOptions options;
  options.width = 8;
  options.mamba_stages = {0, 1};
  return options;
}

/// The same weights in float64.
SegMamba in_double(const SegMamba& network) {
  SegMamba twin(network.options(), at::kDouble);
  for (std::size_t i = 0; i < twin.parameters().size(); ++i) {
    twin.parameters()[i].value.detach().copy_(network.parameters()[i].value.detach());
  }
  return twin;
}

/// Distance of the logits, and of all gradients together, over their norms in `truth`.
struct Distance {
  double logits = 0;
  double gradients = 0;
};

Distance distance(const std::vector<Result>& results, const std::vector<Result>& truth) {
  double apart = 0;
  double norm = 0;
  for (std::size_t i = 1; i < truth.size(); ++i) {
    apart += std::pow(l2_norm(results[i].value - truth[i].value), 2);
    norm += std::pow(l2_norm(truth[i].value), 2);
  }
  return {l2_norm(results[0].value - truth[0].value) / l2_norm(truth[0].value),
          std::sqrt(apart / norm)};
}

/// Every entry of the table is called as often as one pass of a relocated arm needs it.
void expect_calls(const ModelOptions& options) {
  using Table = kernels::OperatorTable;
  const int norms = kNorms + (options.fce.enabled ? 2 : 0);
  const int pruned = options.prune.enabled ? 4 : 0;
  const bool is_fused = options.prune.restore == "fused";
  EXPECT_EQ(calls_of<&Table::instance_norm_forward>(), norms);
  EXPECT_EQ(calls_of<&Table::instance_norm_backward>(), norms);
  EXPECT_EQ(calls_of<&Table::squeeze_excite_forward>(), 8);
  EXPECT_EQ(calls_of<&Table::squeeze_excite_backward>(), 8);
  EXPECT_EQ(calls_of<&Table::voxel_cross_entropy>(), 1);
  EXPECT_EQ(calls_of<&Table::mixer_forward>(), 4);
  EXPECT_EQ(calls_of<&Table::mixer_backward>(), 4);
  EXPECT_EQ(calls_of<&Table::token_norms>(), pruned);
  EXPECT_EQ(calls_of<&Table::select_tokens>(), pruned);
  EXPECT_EQ(calls_of<&Table::compact_orders>(), pruned);
  EXPECT_EQ(calls_of<&Table::pool_tokens>(), pruned);
  EXPECT_EQ(calls_of<&Table::unpool_tokens>(), is_fused ? pruned : 0);
  EXPECT_EQ(calls_of<&Table::restore_neighbors>(), is_fused ? 0 : pruned);
}

/// As far from float64 as float32 can be. The network raises rounding by orders of magnitude (norms
/// over few voxels at the deepest stage): a ReLU that flips in one of two right results moves
/// gradients by percents (measured here: 1e-4 to 8e-3, with either path the nearer one by chance);
/// what a wrong operator does is of the order of 1, and each kernel has a test of its own. Equal
/// bits in every order of execution.
void expect_equals_cpu(const ModelOptions& options) {
  const SegMamba network = network_of(options);
  const std::vector<Result> truth = run(in_double(network), at::kDouble);
  std::vector<Result> first;
  for (const std::uint64_t schedule : {1U, 2U}) {
    kernels::use_schedule(schedule);
    const CountedOperators counted;
    const EmulatedDevice device(counted.table());
    const std::vector<Result> results = run(network);
    expect_calls(options);
    const Distance emulated = distance(results, truth);
    EXPECT_LE(emulated.logits, 1e-3);
    EXPECT_LE(emulated.gradients, 5e-2);
    first = first.empty() ? results : first;
    for (std::size_t i = 0; i < results.size(); ++i) {
      EXPECT_TRUE(results[i].value.equal(first[i].value)) << results[i].name << " " << schedule;
    }
  }
}

TEST(EmulatedNetwork, EqualsTheCpuWithMambaInTheFirstStages) {
  expect_equals_cpu(relocated());
}

TEST(EmulatedNetwork, EqualsTheCpuWithPrunedTokens) {
  ModelOptions options = relocated();
  options.prune.enabled = true;
  expect_equals_cpu(options);
}

TEST(EmulatedNetwork, EqualsTheCpuWithForegroundScoresAndRestoredNeighbours) {
  ModelOptions options = relocated();
  options.fce.enabled = true;
  options.prune.enabled = true;
  options.prune.scorer = "r5";
  options.prune.summary = "score";
  options.prune.restore = "neighbor";
  expect_equals_cpu(options);
}

TEST(EmulatedNetwork, KeepsItsScanInFloat32UnderNarrowActivations) {
  const SegMamba network = network_of(relocated());
  const CountedOperators counted;
  const EmulatedDevice device(counted.table());
  const std::vector<Result> expected = run(network);
  for (const at::ScalarType type : {at::kBFloat16, at::kHalf}) {
    const CountedOperators again;
    const std::vector<Result> results = run(network, type);
    expect_calls(network.options());
    EXPECT_EQ(results[0].value.scalar_type(), at::kFloat);
    EXPECT_LE(l2_norm(results[0].value - expected[0].value), 0.05 * l2_norm(expected[0].value));
  }
}

constexpr int kSteps = 2;

/// The losses of the steps, then the parameters.
std::vector<Result> train(at::ScalarType activations) {
  const SegMamba network = network_of(relocated());
  const LossScale loss_scale(at::kCPU, activations == at::kHalf);
  if (loss_scale.is_dynamic()) {
    loss_scale.scale().fill_(1024);  // Where no step overflows.
  }
  std::vector<SgdTriple> triples;
  for (const Parameter& parameter : network.parameters()) {
    const at::Tensor value = parameter.value.detach();
    triples.push_back({value, {}, at::zeros_like(value)});
  }
  std::vector<Result> results;
  for (int step = 0; step < kSteps; ++step) {
    network.parameters().clear_gradients();
    const at::Tensor loss = loss_on(network, activations);
    const at::Tensor scale = loss_scale.scale().clone();
    loss_scale.scaled(loss).backward();
    std::vector<at::Tensor> gradients;
    for (std::size_t i = 0; i < triples.size(); ++i) {
      triples[i].gradient = ParameterList::gradient(network.parameters()[i]);
      gradients.push_back(triples[i].gradient);
    }
    const c10::NoGradGuard no_grad;
    const at::Tensor norm = gradient_norm(gradients, scale);
    const at::Tensor skip = loss_scale.judge(norm + loss);
    sgd_update(triples, {.lr = 0.01}, 12.0, {.norm = norm, .loss_scale = scale, .skip = skip});
    results.push_back({"loss", loss.detach()});
  }
  for (const Parameter& parameter : network.parameters()) {
    results.push_back({parameter.name, parameter.value.detach()});
  }
  return results;
}

TEST(EmulatedNetwork, TrainsAsTheCpuWithTheSameBitsInEveryOrderOfExecution) {
  using Table = kernels::OperatorTable;
  const std::vector<Result> host = train(at::kFloat);
  std::vector<Result> first;
  for (const std::uint64_t schedule : {3U, 4U}) {
    kernels::use_schedule(schedule);
    const CountedOperators counted;
    const EmulatedDevice device(counted.table());
    const std::vector<Result> results = train(at::kHalf);
    EXPECT_EQ(calls_of<&Table::gradient_norm>(), kSteps);
    EXPECT_EQ(calls_of<&Table::sgd_update>(), kSteps);
    first = first.empty() ? results : first;
    for (std::size_t i = 0; i < results.size(); ++i) {
      EXPECT_TRUE(results[i].value.equal(first[i].value)) << results[i].name << " " << schedule;
    }
    for (std::size_t step = 0; step < kSteps; ++step) {
      const auto expected = host[step].value.item<double>();
      EXPECT_NEAR(results[step].value.item<double>(), expected, 1e-2 * expected);
    }
  }
}

TEST(ComposedCrossEntropy, EqualsTheKernelOfTheCpu) {
  const at::Tensor logits =
      tensor_of(formula_image("logits", 2 * 4 * 60, 3), {2, 4, 3, 4, 5}, at::kFloat);
  const at::Tensor labels = tensor_of(formula_labels("labels", 120), {2, 3, 4, 5}, at::kLong);
  const at::Tensor theirs = logits.clone().set_requires_grad(true);
  const at::Tensor ours = logits.clone().set_requires_grad(true);
  const at::Tensor expected = cross_entropy(theirs, labels);
  const at::Tensor actual = kernels::voxel_cross_entropy_composed(ours, labels);
  expected.backward();
  actual.backward();
  EXPECT_NEAR(actual.item<double>(), expected.item<double>(), 1e-6 * expected.item<double>());
  EXPECT_LE(relative_absmax(ours.grad(), theirs.grad()), 1e-6);
}

}  // namespace
}  // namespace yates::model
