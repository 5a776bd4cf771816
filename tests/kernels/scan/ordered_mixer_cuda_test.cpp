// SPDX-License-Identifier: Apache-2.0
// The mixer of the GPU on host tensors: its kernels run under the emulator.
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include "kernels/scan/ordered_mixer_torch.hpp"
#include "kernels/scan/token_orders.hpp"
#include "kernels/simt/device.hpp"
#include "tests/support/emulated_device.hpp"

namespace yates::kernels {
namespace {

constexpr std::int64_t kChannels = 24;
constexpr std::int64_t kRank = 3;

at::Tensor leaf(at::IntArrayRef sizes, double low, double high) {
  return (at::rand(sizes) * (high - low) + low).set_requires_grad(true);
}

/// Leaves in the order of MixerWeights, after xz.
std::vector<at::Tensor> draw_leaves(std::int64_t batch, std::int64_t tokens) {
  return {leaf({batch, tokens, 2 * kChannels}, -1, 1),
          leaf({kChannels, 1, 4}, -0.5, 0.5),
          leaf({kChannels}, -0.5, 0.5),
          leaf({kRank + 32, kChannels}, -0.3, 0.3),
          leaf({kChannels, kRank}, -0.3, 0.3),
          leaf({kChannels}, -5, -2),
          leaf({kChannels, 16}, -16, -0.5),
          leaf({kChannels}, 0.9, 1.1)};
}

MixerWeights weights_of(const std::vector<at::Tensor>& l) {
  return {l[1], l[2], l[3], l[4], l[5], l[6], l[7]};
}

/// y and the gradients of all leaves.
template <typename Run>
std::vector<at::Tensor> results_of(const std::vector<at::Tensor>& leaves,
                                   const at::Tensor& grad,
                                   const Run& run) {
  for (const at::Tensor& tensor : leaves) {
    tensor.mutable_grad() = at::Tensor();
  }
  const at::Tensor y = run();
  y.backward(grad);
  std::vector<at::Tensor> results = {y.detach()};
  for (const at::Tensor& tensor : leaves) {
    results.push_back(tensor.grad());
  }
  return results;
}

/// Distance over norm; the plain distance from zero.
double relative_l2(const at::Tensor& actual, const at::Tensor& expected) {
  const double distance = (actual - expected).norm().item<double>();
  const double norm = expected.norm().item<double>();
  return norm > 0 ? distance / norm : distance;
}

void expect_equals_cpu(const at::Tensor& orders, std::int64_t batch) {
  const std::vector<at::Tensor> leaves = draw_leaves(batch, orders.size(-1));
  const at::Tensor grad = at::rand({batch, orders.size(-1), kChannels}) - 0.5;
  const auto expected = results_of(
      leaves, grad, [&] { return ordered_mixer(leaves[0], weights_of(leaves), orders); });
  const testing::EmulatedDevice device;
  std::vector<at::Tensor> first;
  for (const std::uint64_t schedule : test_schedules()) {
    use_schedule(schedule);
    const auto results = results_of(
        leaves, grad, [&] { return ordered_mixer(leaves[0], weights_of(leaves), orders); });
    first = first.empty() ? results : first;
    for (std::size_t i = 0; i < results.size(); ++i) {
      EXPECT_LE(relative_l2(results[i], expected[i]), 1e-5) << "result " << i;
      EXPECT_TRUE(results[i].equal(first[i])) << "result " << i << ", schedule " << schedule;
    }
  }
}

TEST(OrderedMixerCuda, EqualsTheMixerOfTheCpuOnAGrid) {
  std::vector<std::int32_t> orders = token_orders({3, 5, 7});
  expect_equals_cpu(at::from_blob(orders.data(), {kTokenOrders, 105}, at::kInt).clone(), 2);
}

TEST(OrderedMixerCuda, EqualsTheMixerOfTheCpuWithOrdersOfEachSample) {
  std::vector<at::Tensor> orders;
  for (int i = 0; i < 6; ++i) {
    orders.push_back(at::randperm(33, at::kInt));
  }
  expect_equals_cpu(at::stack(orders).view({2, 3, 33}), 2);
}

TEST(OrderedMixerCuda, AcceptsOneTokenAndOneOrder) {
  expect_equals_cpu(at::randperm(1, at::kInt).view({1, 1}), 1);
}

TEST(OrderedMixerCuda, RefusesWhatItsKernelsCannotDo) {
  const std::vector<at::Tensor> l = draw_leaves(1, 3);
  const at::Tensor four = at::randperm(3, at::kInt).expand({4, 3});
  const testing::EmulatedDevice device;
  EXPECT_THROW(ordered_mixer(l[0], weights_of(l), four), c10::Error);
}

}  // namespace
}  // namespace yates::kernels
