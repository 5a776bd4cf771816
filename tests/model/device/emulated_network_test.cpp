// SPDX-License-Identifier: Apache-2.0
// Whole arms, forward and backward, with the kernels for GPUs under the block emulator in the place
// of those of the CPU: the way a GPU takes through the model, short of cuDNN and the device itself.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "kernels/cuda/cuda_operators_torch.hpp"
#include "kernels/loss/voxel_cross_entropy_composed_torch.hpp"
#include "kernels/simt/device.hpp"
#include "model/fce/foreground_loss.hpp"
#include "model/init.hpp"
#include "model/loss/cross_entropy.hpp"
#include "model/network/segmamba.hpp"
#include "tests/support/golden_network.hpp"

namespace yates::model {
namespace {

using namespace yates::testing;  // NOLINT(google-build-using-namespace)

/// While it lives, host tensors take the way of a GPU.
class EmulatedDevice {
 public:
  EmulatedDevice() {
    kernels::use_device_operators(c10::DeviceType::CPU, &kernels::cuda_operators());
  }
  ~EmulatedDevice() { kernels::use_device_operators(c10::DeviceType::CPU, nullptr); }
  EmulatedDevice(const EmulatedDevice&) = delete;
  EmulatedDevice& operator=(const EmulatedDevice&) = delete;
};

/// Of the patch: four of them are left at the deepest stage.
constexpr std::int64_t kVoxels = 16 * 32 * 32;

struct Result {
  std::string name;
  at::Tensor value;
};

/// Logits, then the gradient of every parameter.
std::vector<Result> run(const SegMamba& network, at::ScalarType activations = at::kFloat) {
  const at::Tensor x =
      tensor_of(formula_image("input", 4 * kVoxels, 1.5), {1, 4, 16, 32, 32}, activations);
  const at::Tensor y = tensor_of(formula_labels("labels", kVoxels), {1, 16, 32, 32}, at::kLong);
  network.parameters().clear_gradients();
  ForwardTrace trace;
  const at::Tensor logits = network.forward(x, {.seed = 5}, &trace);
  at::Tensor loss = cross_entropy(logits, y);
  if (network.options().fce.enabled) {
    loss = loss + foreground_losses(trace.foreground, y).total(network.options().fce);
  }
  loss.backward();
  std::vector<Result> results = {{"logits", logits.detach()}};
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

/// As far from float64 as float32 can be. The network raises rounding by orders of magnitude (norms
/// over few voxels at the deepest stage): a ReLU that flips in one of two right results moves
/// gradients by percents (measured here: 1e-4 to 8e-3, with either path the nearer one by chance);
/// what a wrong operator does is of the order of 1, and each kernel has a test of its own. Equal
/// bits in every order of execution.
void expect_equals_cpu(const ModelOptions& options) {
  const SegMamba network = network_of(options);
  const std::vector<Result> truth = run(in_double(network), at::kDouble);
  const EmulatedDevice device;
  std::vector<Result> first;
  for (const std::uint64_t schedule : {1U, 2U}) {
    kernels::use_schedule(schedule);
    const std::vector<Result> results = run(network);
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

TEST(EmulatedNetwork, RunsTheKernelsOfTheGpu) {
  const SegMamba network = network_of(relocated());
  const auto calls = [&] {
    static int count = 0;
    static kernels::OperatorTable counting;
    counting = kernels::cuda_operators();
    counting.ordered_mixer =
        [](const at::Tensor& xz, const kernels::MixerWeights& weights, const at::Tensor& orders) {
          ++count;
          return kernels::cuda_operators().ordered_mixer(xz, weights, orders);
        };
    kernels::use_device_operators(c10::DeviceType::CPU, &counting);
    run(network);
    kernels::use_device_operators(c10::DeviceType::CPU, nullptr);
    return count;
  }();
  EXPECT_EQ(calls, 4);
}

TEST(EmulatedNetwork, KeepsItsScanInFloat32UnderBfloat16) {
  const SegMamba network = network_of(relocated());
  const EmulatedDevice device;
  const std::vector<Result> expected = run(network);
  const std::vector<Result> results = run(network, at::kBFloat16);
  EXPECT_EQ(results[0].value.scalar_type(), at::kFloat);
  EXPECT_LE(l2_norm(results[0].value - expected[0].value), 0.05 * l2_norm(expected[0].value));
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
