// SPDX-License-Identifier: Apache-2.0
// The TriMamba layer, dense and pruned, against the published one on a small uneven grid.
#include "model/blocks/tri_mamba.hpp"

#include <string>
#include <vector>

#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "tests/support/golden_network.hpp"

namespace yates::model {
namespace {

using namespace yates::testing;  // NOLINT(google-build-using-namespace)

constexpr std::int64_t kWidth = 16;
const std::vector<std::int64_t> kShape = {2, kWidth, 3, 4, 5};

/// The layer with the formula's weights, its input, and what one backward pass gives.
struct Layer16 {
  explicit Layer16(at::ScalarType type) : parameters(parameter_specs(layers()), type), dtype(type) {
    fill_by_formula(parameters);
  }

  static std::vector<Layer> layers() {
    return {{.name = "tri_mamba.norm", .kind = LayerKind::LayerNorm, .in = kWidth, .out = kWidth},
            {.name = "tri_mamba.mamba", .kind = LayerKind::Mamba, .in = kWidth, .out = kWidth}};
  }

  void run(const at::Tensor& input, const TokenPruning& pruning) {
    parameters.clear_gradients();
    x = input.to(dtype).detach().clone().set_requires_grad(true);
    y = TriMamba(parameters, "tri_mamba", pruning)(x);
    y.backward(tensor_of(formula_image("tri_mamba.dy", y.numel(), 1.0), kShape, dtype));
  }

  ParameterList parameters;
  at::ScalarType dtype;
  at::Tensor x, y;
};

at::Tensor golden_input() {
  return tensor_of(formula_image("tri_mamba.input", 2 * kWidth * 60, 1.5), kShape, at::kDouble);
}

/// Worst distance of output, input gradient and parameter gradients from the stored tensors.
void expect_golden(const Layer16& layer,
                   const GoldenTensors& golden,
                   const std::string& prefix,
                   double tolerance) {
  EXPECT_LT(relative_absmax(layer.y, golden_tensor(golden, prefix + "y")), tolerance);
  EXPECT_LT(relative_absmax(layer.x.grad(), golden_tensor(golden, prefix + "grad_input")),
            tolerance);
  for (const Parameter& parameter : layer.parameters) {
    const at::Tensor expected = golden_tensor(golden, prefix + "grad." + parameter.name);
    EXPECT_LT(relative_absmax(parameter.value.grad(), expected), tolerance) << parameter.name;
  }
}

TEST(TriMamba, EqualsThePublishedLayer) {
  const GoldenTensors golden("model/tri_mamba.safetensors");
  for (const auto& [dtype, tolerance] : {std::pair{at::kDouble, 1e-6}, {at::kFloat, 4e-6}}) {
    Layer16 layer(dtype);
    layer.run(golden_input(), {});
    expect_golden(layer, golden, "", tolerance);
  }
}

TEST(TriMamba, NormsEqualThePublishedLayerInFloat64) {
  const Json golden = read_json(std::string(YATES_GOLDEN_DIR) + "/model/tri_mamba.json");
  Layer16 layer(at::kDouble);
  layer.run(golden_input(), {});
  EXPECT_NEAR(l2_norm(layer.y), golden.at("y_l2").get<double>(), 1e-9 * l2_norm(layer.y));
  EXPECT_NEAR(l2_norm(layer.x.grad()),
              golden.at("grad_input_l2").get<double>(),
              1e-9 * l2_norm(layer.x.grad()));
  for (const Parameter& parameter : layer.parameters) {
    const Json& expected = golden.at("parameters").at(parameter.name);
    const double norm = expected.at("grad_l2").get<double>();
    EXPECT_NEAR(l2_norm(parameter.value.grad()), norm, 1e-9 * norm) << parameter.name;
    EXPECT_NEAR(total(parameter.value.grad()), expected.at("grad_sum").get<double>(), 1e-9 * norm);
  }
}

TEST(TriMamba, PrunedEqualsTheReference) {
  const GoldenTensors golden("model/tri_mamba_pruned.safetensors");
  const Json json = read_json(std::string(YATES_GOLDEN_DIR) + "/model/tri_mamba_pruned.json");
  for (const double rate : {0.5, 0.7}) {
    for (const std::string summary : {"mean", "score"}) {
      const std::string name = (rate == 0.5 ? "keep0.5." : "keep0.7.") + summary;
      const TokenPruning pruning{.keep_rate = rate, .scorer = "l2", .summary = summary};
      for (const auto& [dtype, tolerance] : {std::pair{at::kDouble, 1e-6}, {at::kFloat, 4e-6}}) {
        Layer16 layer(dtype);
        layer.run(golden_input(), pruning);
        expect_golden(layer, golden, name + ".", tolerance);
        const TokenSelection mask =
            TriMamba(layer.parameters, "tri_mamba", pruning).select(layer.x);
        EXPECT_TRUE(mask.kept.equal(golden_tensor(golden, name + ".kept", at::kLong))) << name;
        if (dtype == at::kDouble) {
          const Json& expected = json.at("cases").at(name);
          EXPECT_NEAR(l2_norm(layer.y), expected.at("y_l2").get<double>(), 1e-9 * l2_norm(layer.y));
          EXPECT_NEAR(l2_norm(layer.x.grad()),
                      expected.at("grad_input_l2").get<double>(),
                      1e-9 * l2_norm(layer.x.grad()));
        }
      }
    }
  }
}

TEST(TriMamba, TiesKeepTheLowerIndexInAnyPrecision) {
  const GoldenTensors golden("model/tri_mamba_pruned.safetensors");
  const std::vector<std::int64_t> thirds = formula_labels("tri_mamba.ties", 2 * kWidth * 60, 3);
  const at::Tensor input = tensor_of(thirds, kShape, at::kDouble) - 1;
  for (const double rate : {0.5, 0.7}) {
    const std::string name = rate == 0.5 ? "ties.keep0.5" : "ties.keep0.7";
    const TokenPruning pruning{.keep_rate = rate};
    for (const at::ScalarType dtype : {at::kDouble, at::kFloat}) {
      Layer16 layer(dtype);
      layer.run(input, pruning);
      EXPECT_LT(relative_absmax(layer.y, golden_tensor(golden, name + ".y")), 4e-6) << name;
      const TokenSelection mask = TriMamba(layer.parameters, "tri_mamba", pruning).select(layer.x);
      EXPECT_TRUE(mask.kept.equal(golden_tensor(golden, name + ".kept", at::kLong))) << name;
    }
  }
}

TEST(TriMamba, AKeepRateThatKeepsAllIsTheDenseLayer) {
  Layer16 dense(at::kDouble);
  dense.run(golden_input(), {});
  Layer16 pruned(at::kDouble);
  pruned.run(golden_input(), {.keep_rate = 0.999});  // ceil(59.94) = 60 tokens
  EXPECT_TRUE(pruned.y.equal(dense.y));
}

TEST(TriMamba, DroppedPositionsShareOneUpdate) {
  Layer16 layer(at::kDouble);
  const TokenPruning one{.keep_rate = 1e-6};
  layer.run(golden_input(), one);
  const TokenSelection mask = TriMamba(layer.parameters, "tri_mamba", one).select(layer.x);
  ASSERT_EQ(mask.kept.size(1), 1);
  const at::Tensor update = (layer.y - layer.x).detach().flatten(2)[0];
  const at::Tensor dropped = update.index_select(1, mask.dropped[0]);
  EXPECT_LT(largest(dropped - dropped.narrow(1, 0, 1)), 1e-12);
}

TEST(TriMamba, RandomMasksDependOnPlaceAndLayerOnly) {
  const Layer16 layer(at::kFloat);
  const TokenPruning random{.keep_rate = 0.5, .scorer = "random"};
  const TriMamba block(layer.parameters, "tri_mamba", random);
  const at::Tensor x = golden_input().to(at::kFloat);
  const DrawPlace place{.seed = 3, .step = 7, .slot = 4};
  const at::Tensor both = block.select(x, {.place = place}).kept;
  EXPECT_TRUE(both.equal(block.select(x + 1, {.place = place}).kept))
      << "the input must not matter";
  const DrawPlace second{.seed = 3, .step = 7, .slot = 5};
  EXPECT_TRUE(both[1].equal(block.select(x.narrow(0, 1, 1), {.place = second}).kept[0]))
      << "a sample's mask must not depend on its batch";
  EXPECT_FALSE(both.equal(block.select(x, {.place = {.seed = 3, .step = 8, .slot = 4}}).kept));
  EXPECT_FALSE(both[0].equal(both[1]));
}

}  // namespace
}  // namespace yates::model
