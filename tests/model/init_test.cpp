// SPDX-License-Identifier: Apache-2.0
#include "model/init.hpp"

#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "model/network/segmamba.hpp"
#include "tests/support/golden_network.hpp"

namespace yates::model {
namespace {

using namespace yates::testing;  // NOLINT(google-build-using-namespace)

SegMamba initialised(const ModelOptions& options, std::uint64_t seed) {
  SegMamba network(options);
  initialise(network.parameters(), seed);
  return network;
}

ModelOptions c16() {
  ModelOptions options;
  options.width = 16;
  return options;
}

TEST(Initialise, SameValueInEveryArmThatHasTheParameter) {
  ModelOptions other = c16();
  other.mamba_stages = {1, 2, 3};
  other.prune.enabled = true;
  other.prune.keep_rates = {0.5, 0.5, 0.5};
  const SegMamba a = initialised(c16(), 5);
  const SegMamba b = initialised(other, 5);
  const SegMamba c = initialised(c16(), 6);
  std::size_t differing = 0;
  for (const Parameter& parameter : a.parameters()) {
    EXPECT_TRUE(parameter.value.equal(b.parameters().at(parameter.name))) << parameter.name;
    differing += parameter.value.equal(c.parameters().at(parameter.name)) ? 0U : 1U;
  }
  // A_log, D and the LayerNorm tensors of four layers are constants.
  EXPECT_EQ(differing, a.parameters().size() - 4 * 4);
}

TEST(Initialise, FactorsLeaveTheParametersTheyShareAlone) {
  ModelOptions other = c16();
  other.conv_lt = true;
  other.conv_lt_pointwise = true;
  other.fce.enabled = true;
  other.mamba_stages = {0, 3};
  other.prune.enabled = true;
  other.prune.scorer = "r5";
  other.prune.restore = "neighbor";
  const SegMamba a = initialised(c16(), 5);
  const SegMamba b = initialised(other, 5);
  std::size_t shared = 0;
  for (const Parameter& parameter : b.parameters()) {
    const at::Tensor* twin = a.parameters().find(parameter.name);
    shared += twin != nullptr ? 1U : 0U;
    EXPECT_TRUE(twin == nullptr || parameter.value.equal(*twin)) << parameter.name;
  }
  EXPECT_GT(shared, 80U);
}

TEST(Initialise, AForegroundHeadHasTheBoundsOfItsConvolutions) {
  ModelOptions options = c16();
  options.fce.enabled = true;
  const SegMamba network = initialised(options, 1);
  const auto bound = [&](const std::string& name) {
    return largest(network.parameters().at(name).detach());
  };
  EXPECT_NEAR(bound("vit.fce.3.conv1.weight"), 1 / std::sqrt(128.0), 1e-3);
  EXPECT_LE(bound("vit.fce.3.conv2.weight"), 1 / std::sqrt(16.0));
  EXPECT_LE(bound("vit.fce.3.conv2.bias"), 1 / std::sqrt(16.0));
}

TEST(Initialise, UniformTensorsHaveTheMomentsOfTheirBound) {
  const SegMamba network = initialised(c16(), 1);
  for (std::size_t i = 0; i < network.parameters().size(); ++i) {
    const ParameterSpec& spec = network.parameters().specs()[i];
    if (spec.draw != Draw::Uniform || spec.elements() < 1000) {
      continue;
    }
    const at::Tensor value = network.parameters()[i].value.detach().to(at::kDouble);
    const auto n = static_cast<double>(spec.elements());
    const double sd = spec.bound / std::sqrt(3.0);
    EXPECT_LT(largest(value), spec.bound * (1 + 1e-6)) << spec.name;
    EXPECT_GT(largest(value), 0.98 * spec.bound) << spec.name;
    EXPECT_LT(std::abs(total(value) / n), 5 * sd / std::sqrt(n)) << spec.name;
    // The variance of a squared uniform is 4/45 bound^4.
    EXPECT_LT(std::abs(l2_norm(value) * l2_norm(value) / n - sd * sd),
              5 * spec.bound * spec.bound * std::sqrt(4.0 / 45 / n))
        << spec.name;
  }
}

TEST(Initialise, FanInIsThatOfTheFramework) {
  const SegMamba network = initialised(c16(), 1);
  const auto bound = [&](const std::string& name) {
    return largest(network.parameters().at(name).detach());
  };
  EXPECT_NEAR(bound("encoder1.layer.conv1.conv.weight"), 1 / std::sqrt(4.0 * 27), 1e-3);
  EXPECT_NEAR(bound("decoder5.transp_conv.conv.weight"), 1 / std::sqrt(128.0 * 8), 1e-3);
  EXPECT_NEAR(bound("vit.stages.2.0.mamba.conv1d.weight"), 0.5, 1e-2);
  EXPECT_NEAR(bound("vit.stages.2.0.mamba.dt_proj.weight"), 1 / std::sqrt(4.0), 1e-2);
  EXPECT_LE(bound("vit.gscs.0.0.deep_path.0.block.0.bias"), 1 / std::sqrt(16.0 * 125));
}

TEST(Initialise, MambaTensorsFollowItsOwnRules) {
  const SegMamba network = initialised(c16(), 1);
  const std::string mamba = "vit.stages.3.1.mamba.";
  const at::Tensor a = network.parameters().at(mamba + "A_log").detach();
  for (std::int64_t column = 0; column < 16; ++column) {
    const auto expected = static_cast<float>(std::log(static_cast<double>(column + 1)));
    EXPECT_EQ(a[7][column].item<float>(), expected);
  }
  EXPECT_EQ(total(network.parameters().at(mamba + "D").detach()), 256.0);
  const at::Tensor dt =
      network.parameters().at(mamba + "dt_proj.bias").detach().to(at::kDouble).exp().log1p();
  EXPECT_GE(dt.min().item<double>(), 1e-3 * (1 - 1e-5));
  EXPECT_LE(dt.max().item<double>(), 0.1 * (1 + 1e-5));
  // log dt is uniform: mean log(0.01), sd log(100) / sqrt(12) over 256 draws.
  EXPECT_NEAR(total(dt.log()) / 256, std::log(0.01), 5 * std::log(100.0) / std::sqrt(12.0 * 256));
  EXPECT_EQ(total(network.parameters().at("vit.stages.3.1.norm.weight").detach()), 128.0);
  EXPECT_EQ(largest(network.parameters().at("vit.stages.3.1.norm.bias").detach()), 0.0);
}

}  // namespace
}  // namespace yates::model
