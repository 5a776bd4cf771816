// SPDX-License-Identifier: Apache-2.0
// A NaN reaches what depends on it and nothing else, so that a run that diverges says so.
#include <algorithm>
#include <limits>
#include <vector>

#include <ATen/ops/isfinite.h>
#include <ATen/ops/rand.h>
#include <gtest/gtest.h>

#include "kernels/scan/token_orders.hpp"
#include "model/blocks/instance_norm.hpp"
#include "model/blocks/tri_mamba.hpp"
#include "tests/support/golden_network.hpp"

namespace yates::model {
namespace {

using namespace yates::testing;  // NOLINT(google-build-using-namespace)

constexpr std::int64_t kWidth = 16;
constexpr std::int64_t kTokens = 3 * 4 * 5;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

at::Tensor volume() {
  return tensor_of(formula_image("tri_mamba.input", 2 * kWidth * kTokens, 1.5),
                   {2, kWidth, 3, 4, 5},
                   at::kFloat);
}

/// `volume` with a NaN in one channel of one token of the second sample.
at::Tensor volume_with_nan(std::int64_t token, std::int64_t channel) {
  at::Tensor x = volume();
  x.flatten(2)[1][channel][token] = kNaN;
  return x;
}

TEST(InstanceNorm, NaNFillsItsChannelOfItsSampleOnly) {
  const at::Tensor clean = volume();
  const at::Tensor x = volume_with_nan(17, 3);
  const auto expect = [&](const at::Tensor& y, const at::Tensor& expected) {
    for (std::int64_t sample = 0; sample < 2; ++sample) {
      for (std::int64_t channel = 0; channel < kWidth; ++channel) {
        const at::Tensor values = y[sample][channel];
        if (sample == 1 && channel == 3) {
          EXPECT_TRUE(values.isnan().all().item<bool>());
        } else {
          EXPECT_TRUE(values.equal(expected[sample][channel])) << sample << " " << channel;
        }
      }
    }
  };
  expect(instance_norm(x), instance_norm(clean));
  expect(instance_norm_relu(x), instance_norm_relu(clean));
  expect(instance_norm_leaky_relu(x), instance_norm_leaky_relu(clean));
  expect(instance_norm_leaky_relu(x, clean), instance_norm_leaky_relu(clean, clean));
}

TEST(InstanceNorm, NaNInTheUpstreamGradientFillsItsChannelOnly) {
  at::Tensor x = volume().set_requires_grad(true);
  instance_norm_leaky_relu(x).backward(volume_with_nan(17, 3));
  const at::Tensor nan = x.grad().isnan().flatten(2);
  EXPECT_TRUE(nan[1][3].all().item<bool>());
  EXPECT_EQ(nan.sum().item<std::int64_t>(), kTokens);
}

/// The layer with the formula's weights.
struct Layer16 {
  Layer16() : parameters(parameter_specs(layers()), at::kFloat) { fill_by_formula(parameters); }

  static std::vector<Layer> layers() {
    return {{.name = "tri_mamba.norm", .kind = LayerKind::LayerNorm, .in = kWidth, .out = kWidth},
            {.name = "tri_mamba.mamba", .kind = LayerKind::Mamba, .in = kWidth, .out = kWidth}};
  }

  ParameterList parameters;
};

/// Tokens that stand at or after `token` in one of the three orders.
std::vector<bool> reached(std::int64_t token) {
  std::vector<bool> result(kTokens);
  const std::vector<std::int32_t> orders = kernels::token_orders({3, 4, 5});
  for (std::int64_t order = 0; order < kernels::kTokenOrders; ++order) {
    const auto first = orders.begin() + order * kTokens;
    for (auto row = std::find(first, first + kTokens, token); row != first + kTokens; ++row) {
      result[static_cast<std::size_t>(*row)] = true;
    }
  }
  return result;
}

TEST(TriMamba, NaNReachesTheTokensAfterItInAnyOrderOnly) {
  const Layer16 layer;
  const TriMamba block(layer.parameters, "tri_mamba", {});
  const at::Tensor clean = block(volume());
  for (const std::int64_t token : {std::int64_t{0}, std::int64_t{27}, kTokens - 1}) {
    const at::Tensor y = block(volume_with_nan(token, 5));
    EXPECT_TRUE(y[0].equal(clean[0]));
    const std::vector<bool> expected = reached(token);
    for (std::int64_t t = 0; t < kTokens; ++t) {
      const at::Tensor values = y[1].flatten(1).select(1, t);
      if (expected[static_cast<std::size_t>(t)]) {
        EXPECT_TRUE(values.isnan().all().item<bool>()) << token << " " << t;
      } else {
        EXPECT_TRUE(values.equal(clean[1].flatten(1).select(1, t))) << token << " " << t;
      }
    }
  }
}

TEST(TriMamba, NaNLeavesThePrunedLayersOtherSampleAlone) {
  const Layer16 layer;
  for (const std::string restore : {"fused", "neighbor"}) {
    for (const std::string summary : {"mean", "score"}) {
      const TriMamba block(
          layer.parameters,
          "tri_mamba",
          {.keep_rate = 0.5, .scorer = "l2", .summary = summary, .restore = restore});
      const at::Tensor y = block(volume_with_nan(27, 5));
      EXPECT_TRUE(y[0].equal(block(volume())[0]));
      EXPECT_TRUE(y[1].flatten(1)[5][27].isnan().item<bool>());
    }
  }
}

}  // namespace
}  // namespace yates::model
