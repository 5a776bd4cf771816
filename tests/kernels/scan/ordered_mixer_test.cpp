// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <gtest/gtest.h>

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

double relative_l2(const at::Tensor& actual, const at::Tensor& expected) {
  const at::Tensor difference = actual.to(at::kDouble) - expected.to(at::kDouble);
  return (difference.norm() / expected.to(at::kDouble).norm()).item<double>();
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

}  // namespace
}  // namespace yates::kernels
