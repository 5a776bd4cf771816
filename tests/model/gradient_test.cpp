// SPDX-License-Identifier: Apache-2.0
// Finite differences in float64 of the operators of model/ on awkward sizes.
#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/conv/conv3d_torch.hpp"
#include "model/blocks/instance_norm.hpp"
#include "model/blocks/tri_mamba.hpp"
#include "model/loss/cross_entropy.hpp"
#include "model/prune/neighbor_restore.hpp"
#include "model/prune/row_permutation.hpp"
#include "tests/support/finite_differences.hpp"

namespace yates::model {
namespace {

using namespace yates::testing;  // NOLINT(google-build-using-namespace)

at::Tensor drawn(const std::string& name, const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const std::int64_t side : shape) {
    count *= side;
  }
  return tensor_of(formula_image(name, count, 1.5), shape, at::kDouble);
}

const std::vector<TokenGrid> kGrids = {
    {1, 1, 1}, {1, 1, 2}, {1, 1, 31}, {3, 11, 1}, {33, 1, 1}, {3, 1, 43}, {2, 3, 4}};

TEST(Gradient, OfNeighborRestoreOnAwkwardGrids) {
  for (const TokenGrid& grid : kGrids) {
    const std::int64_t length = grid[0] * grid[1] * grid[2];
    for (const double rate : {1e-9, 0.3, 0.7}) {
      const at::Tensor scores = drawn("scores", {2, length});
      const at::Tensor kept = select_tokens(scores, rate).kept;
      expect_gradients(
          [&](const std::vector<at::Tensor>& in) { return neighbor_restore(in[0], kept, grid); },
          {drawn("rows", {2, kept.size(1) + 1, 17})},
          1e-8,
          "length " + std::to_string(length));
    }
  }
}

TEST(Gradient, OfPermutedRows) {
  for (const std::int64_t length : {1, 2, 31, 33, 129}) {
    const at::Tensor order = drawn("order", {2, length}).argsort(1, false);
    expect_gradients([&](const std::vector<at::Tensor>& in) { return permute_rows(in[0], order); },
                     {drawn("x", {2, length, 3})},
                     1e-8,
                     std::to_string(length));
  }
}

TEST(Gradient, OfInstanceNormWithActivationAndResidual) {
  const std::vector<std::vector<std::int64_t>> shapes = {
      {1, 1, 1, 1, 2}, {2, 3, 1, 1, 31}, {1, 2, 3, 11, 1}, {2, 1, 3, 1, 43}};
  for (const auto& shape : shapes) {
    const std::string what = std::to_string(shape[2] * shape[3] * shape[4]);
    expect_gradients(
        [](const std::vector<at::Tensor>& in) { return instance_norm_leaky_relu(in[0], in[1]); },
        {drawn("x", shape), drawn("residual", shape)},
        1e-6,
        what);
    expect_gradients([](const std::vector<at::Tensor>& in) { return instance_norm_relu(in[0]); },
                     {drawn("x", shape)},
                     1e-6,
                     what);
  }
}

TEST(Gradient, OfConvolutionsOnAwkwardVolumes) {
  const std::vector<kernels::Conv3dGeometry> geometries = {{.padding = 1},
                                                           {.stride = 2, .padding = 1},
                                                           {.padding = 2, .dilation = 2},
                                                           {.padding = 1, .groups = 3}};
  const std::vector<std::vector<std::int64_t>> volumes = {
      {1, 1, 1}, {1, 1, 2}, {1, 31, 1}, {33, 1, 1}, {3, 43, 1}};
  for (const kernels::Conv3dGeometry& geometry : geometries) {
    for (const auto& volume : volumes) {
      expect_gradients(
          [&](const std::vector<at::Tensor>& in) {
            return kernels::conv3d(in[0], in[1], in[2], geometry);
          },
          {drawn("x", {2, 3, volume[0], volume[1], volume[2]}),
           drawn("w", {6, 3 / geometry.groups, 3, 3, 3}),
           drawn("b", {6})},
          1e-7,
          std::to_string(volume[0] * volume[1] * volume[2]));
    }
  }
  expect_gradients(
      [](const std::vector<at::Tensor>& in) {
        return kernels::conv3d(in[0], in[1], {}, {.stride = 2, .transposed = true});
      },
      {drawn("x", {2, 3, 1, 5, 2}), drawn("w", {3, 2, 2, 2, 2})},
      1e-7,
      "transposed");
}

TEST(Gradient, OfCrossEntropy) {
  for (const std::int64_t length : {1, 2, 31, 33, 129}) {
    const at::Tensor labels =
        tensor_of(formula_labels("labels", 2 * length), {2, 1, 1, length}, at::kLong);
    expect_gradients(
        [&](const std::vector<at::Tensor>& in) { return cross_entropy(in[0], labels); },
        {drawn("x", {2, 4, 1, 1, length})},
        1e-8,
        std::to_string(length));
  }
}

/// A TriMamba layer of width 8 as an operator of its input and all its parameters.
class LayerOperator {
 public:
  static std::vector<Layer> layers() {
    return {{.name = "t.norm", .kind = LayerKind::LayerNorm, .in = 8, .out = 8},
            {.name = "t.mamba", .kind = LayerKind::Mamba, .in = 8, .out = 8}};
  }

  static void check(const TokenGrid& grid, const TokenPruning& pruning) {
    const ParameterList parameters(parameter_specs(layers()), at::kDouble);
    fill_by_formula(parameters);
    std::vector<at::Tensor> values = {drawn("x", {2, 8, grid[0], grid[1], grid[2]})};
    for (const Parameter& parameter : parameters) {
      values.push_back(parameter.value);
    }
    const ScoreContext context{.place = {},
                               .foreground = drawn("f", {2, grid[0] * grid[1] * grid[2]}).abs()};
    expect_gradients(
        [&](const std::vector<at::Tensor>& in) {
          const ParameterList list(parameter_specs(layers()),
                                   std::vector<at::Tensor>(in.begin() + 1, in.end()));
          return TriMamba(list, "t", pruning)(in[0], context);
        },
        values,
        1e-5,
        pruning.scorer + " " + pruning.restore + " rate " + std::to_string(pruning.keep_rate),
        1);
  }
};

TEST(Gradient, OfTheTriMambaLayerDenseAndPruned) {
  for (const TokenGrid& grid : kGrids) {
    LayerOperator::check(grid, {});
    LayerOperator::check(grid, {.keep_rate = 1e-9});
    for (const std::string restore : {"fused", "neighbor"}) {
      LayerOperator::check(grid, {.keep_rate = 0.5, .restore = restore});
      LayerOperator::check(grid, {.keep_rate = 0.7, .scorer = "r1", .restore = restore});
    }
  }
}

}  // namespace
}  // namespace yates::model
