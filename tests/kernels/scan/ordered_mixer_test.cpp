// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include "kernels/scan/ordered_mixer_composed_torch.hpp"
#include "kernels/scan/ordered_mixer_torch.hpp"
#include "kernels/scan/token_orders.hpp"
#include "tests/support/golden_tensors.hpp"

namespace yates::kernels {
namespace {

using testing::GoldenTensors;

at::Tensor tensor(const GoldenTensors& golden, const std::string& name, at::ScalarType type) {
  std::vector<double> values = golden.values<double>(name);
  return at::from_blob(values.data(), golden.shape(name), at::kDouble).to(type).clone();
}

at::Tensor orders_of(std::array<std::int64_t, 3> grid) {
  std::vector<std::int32_t> orders = token_orders(grid);
  return at::from_blob(orders.data(), {kTokenOrders, grid[0] * grid[1] * grid[2]}, at::kInt)
      .clone();
}

/// Distance over norm; the plain distance from zero.
double relative_l2(const at::Tensor& actual, const at::Tensor& expected) {
  const at::Tensor wanted = expected.to(at::kDouble);
  const double distance = (actual.to(at::kDouble) - wanted).norm().item<double>();
  const double norm = wanted.norm().item<double>();
  return norm > 0 ? distance / norm : distance;
}

/// The published layer on (batch, d, 3, 4, 5) out of its parameters by name.
class GoldenLayer {
 public:
  GoldenLayer(const GoldenTensors& golden, at::ScalarType type) : golden_(golden), type_(type) {
    for (const char* name : {"norm.weight",
                             "norm.bias",
                             "mamba.A_log",
                             "mamba.D",
                             "mamba.in_proj.weight",
                             "mamba.conv1d.weight",
                             "mamba.conv1d.bias",
                             "mamba.x_proj.weight",
                             "mamba.dt_proj.weight",
                             "mamba.dt_proj.bias",
                             "mamba.out_proj.weight"}) {
      parameters_[name] =
          tensor(golden, std::string("tri_mamba.") + name, type).set_requires_grad(true);
    }
  }

  at::Tensor forward(const at::Tensor& input) {
    auto& p = parameters_;
    const at::Tensor tokens = input.flatten(2).transpose(1, 2);
    const at::Tensor normed = at::layer_norm(tokens, {16}, p["norm.weight"], p["norm.bias"], 1e-5);
    const MixerWeights weights{.conv_weight = p["mamba.conv1d.weight"],
                               .conv_bias = p["mamba.conv1d.bias"],
                               .x_proj = p["mamba.x_proj.weight"],
                               .dt_weight = p["mamba.dt_proj.weight"],
                               .dt_bias = p["mamba.dt_proj.bias"],
                               .A = -p["mamba.A_log"].exp(),
                               .D = p["mamba.D"]};
    const at::Tensor mixed =
        ordered_mixer(at::linear(normed, p["mamba.in_proj.weight"]), weights, orders_of({3, 4, 5}));
    const at::Tensor out = at::linear(mixed, p["mamba.out_proj.weight"]);
    return out.transpose(1, 2).reshape(input.sizes()) + input;
  }

  void expect_gradients(double tolerance) {
    for (const auto& [name, parameter] : parameters_) {
      const at::Tensor expected = tensor(golden_, "grad.tri_mamba." + name, at::kDouble);
      EXPECT_LE(relative_l2(parameter.grad(), expected), tolerance) << name;
    }
  }

 private:
  const GoldenTensors& golden_;
  at::ScalarType type_;
  std::map<std::string, at::Tensor> parameters_;
};

void expect_published_layer(at::ScalarType type, double tolerance) {
  const GoldenTensors golden("kernels/tri_mamba.safetensors");
  const at::Tensor input = tensor(golden, "input", type).set_requires_grad(true);
  GoldenLayer layer(golden, type);
  const at::Tensor y = layer.forward(input);
  y.backward(tensor(golden, "dy", type));
  EXPECT_LE(relative_l2(y, tensor(golden, "y", at::kDouble)), tolerance);
  EXPECT_LE(relative_l2(input.grad(), tensor(golden, "grad_input", at::kDouble)), tolerance);
  layer.expect_gradients(tolerance);
}

// The golden results are stored in float32: rounding 6e-8.
TEST(OrderedMixer, EqualsThePublishedLayerInFloat64) {
  expect_published_layer(at::kDouble, 1e-7);
}

TEST(OrderedMixer, EqualsThePublishedLayerInFloat32) {
  expect_published_layer(at::kFloat, 2e-6);
}

/// A random block with an order of its own for every sample.
struct RandomBlock {
  at::Tensor xz, orders, grad;
  MixerWeights weights;

  RandomBlock(std::int64_t batch, std::int64_t tokens, std::int64_t channels) {
    constexpr std::int64_t kStates = 16;
    const std::int64_t rank = (channels / 2 + 15) / 16;
    const auto uniform = [](at::IntArrayRef shape, double low, double high) {
      return (at::rand(shape) * (high - low) + low).set_requires_grad(true);
    };
    xz = uniform({batch, tokens, 2 * channels}, -1, 1);
    grad = uniform({batch, tokens, channels}, -1, 1).detach();
    weights = {.conv_weight = uniform({channels, 1, 4}, -0.5, 0.5),
               .conv_bias = uniform({channels}, -0.1, 0.1),
               .x_proj = uniform({rank + 2 * kStates, channels}, -0.2, 0.2),
               .dt_weight = uniform({channels, rank}, -0.5, 0.5),
               .dt_bias = uniform({channels}, -6, -2),
               .A = uniform({channels, kStates}, -16, -0.5),
               .D = uniform({channels}, 0.9, 1.1)};
    std::vector<at::Tensor> permutations;
    for (std::int64_t i = 0; i < batch * 3; ++i) {
      permutations.push_back(at::randperm(tokens).to(at::kInt));
    }
    orders = at::stack(permutations).reshape({batch, 3, tokens});
  }

  [[nodiscard]] std::vector<at::Tensor> leaves() const {
    return {xz,
            weights.conv_weight,
            weights.conv_bias,
            weights.x_proj,
            weights.dt_weight,
            weights.dt_bias,
            weights.A,
            weights.D};
  }

  /// The output, then the gradients of the leaves.
  template <typename Mixer>
  std::vector<at::Tensor> run(Mixer mixer) {
    for (const at::Tensor& leaf : leaves()) {
      leaf.mutable_grad().reset();
    }
    const at::Tensor y = mixer(xz, weights, orders);
    y.backward(grad);
    std::vector<at::Tensor> results = {y.detach()};
    for (const at::Tensor& leaf : leaves()) {
      results.push_back(leaf.grad().clone());
    }
    return results;
  }
};

TEST(OrderedMixer, EqualsItsCompositionForOrdersPerSample) {
  for (const std::int64_t tokens : {1, 2, 33, 100}) {
    RandomBlock block(2, tokens, 48);
    const auto fused = block.run(ordered_mixer);
    const auto composed = block.run(ordered_mixer_composed);
    for (std::size_t i = 0; i < fused.size(); ++i) {
      EXPECT_LE(relative_l2(fused[i], composed[i]), 5e-6)
          << "tokens " << tokens << ", result " << i;
    }
  }
}

TEST(OrderedMixer, GivesTheSameBitsInEveryRun) {
  RandomBlock block(1, 200, 64);
  const auto first = block.run(ordered_mixer);
  for (int repetition = 0; repetition < 3; ++repetition) {
    const auto again = block.run(ordered_mixer);
    for (std::size_t i = 0; i < first.size(); ++i) {
      EXPECT_TRUE(again[i].equal(first[i])) << i;
    }
  }
}

TEST(OrderedMixer, RefusesWhatDoesNotFit) {
  RandomBlock block(1, 5, 16);
  EXPECT_THROW(ordered_mixer(block.xz, block.weights, block.orders + 1), c10::Error);
  EXPECT_THROW(ordered_mixer(block.xz, block.weights, block.orders.to(at::kLong)), c10::Error);
  EXPECT_THROW(ordered_mixer(block.xz.narrow(2, 0, 16), block.weights, block.orders), c10::Error);
}

}  // namespace
}  // namespace yates::kernels
