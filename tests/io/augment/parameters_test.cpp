// SPDX-License-Identifier: Apache-2.0
#include "io/augment/parameters.hpp"

#include <cmath>
#include <functional>
#include <numbers>

#include <gtest/gtest.h>

#include "io/augment/augment.hpp"
#include "io/augment/fast_math.hpp"

namespace yates::io {
namespace {

constexpr std::int64_t kDraws = 100000;

const std::vector<AugmentParameters>& draws() {
  static const std::vector<AugmentParameters> all = [] {
    std::vector<AugmentParameters> made;
    for (std::int64_t i = 0; i < kDraws; ++i) {
      made.push_back(draw_augmentation(1, i / 2, i % 2, 4));
    }
    return made;
  }();
  return all;
}

/// A share of `n` draws with probability `p` is within 4.5 standard errors of `p`.
void expect_share(double count, double n, double p) {
  EXPECT_NEAR(count / n, p, 4.5 * std::sqrt(p * (1 - p) / n));
}

/// Kolmogorov-Smirnov distance of `values` from a distribution function, at the 1e-4 level.
void expect_distribution(std::vector<double> values, const std::function<double(double)>& cdf) {
  ASSERT_GT(values.size(), 1000U);
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  double distance = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double p = cdf(values[i]);
    distance = std::max({distance,
                         std::abs(p - static_cast<double>(i) / n),
                         std::abs(p - static_cast<double>(i + 1) / n)});
  }
  EXPECT_LT(distance, 2.23 / std::sqrt(n));
}

std::function<double(double)> uniform_cdf(double low, double high) {
  return [=](double x) { return std::clamp((x - low) / (high - low), 0.0, 1.0); };
}

/// Half the mass uniform below 1, half above.
std::function<double(double)> around_one_cdf(double low, double high) {
  return [=](double x) {
    return x < 1 ? 0.5 * std::clamp((x - low) / (1 - low), 0.0, 1.0)
                 : 0.5 + 0.5 * std::clamp((x - 1) / (high - 1), 0.0, 1.0);
  };
}

using Member = std::optional<PerChannel> AugmentParameters::*;

void expect_channels(Member member,
                     double p,
                     double p_channel,
                     const std::function<double(double)>& cdf) {
  double applied = 0;
  std::vector<double> values;
  for (const AugmentParameters& drawn : draws()) {
    if (drawn.*member) {
      ++applied;
      for (const double value : *(drawn.*member)) {
        if (value != 0) {
          values.push_back(value);
        }
      }
    }
  }
  expect_share(applied, kDraws, p);
  if (p_channel < 1) {
    expect_share(static_cast<double>(values.size()), 4 * applied, p_channel);
  } else {
    EXPECT_EQ(values.size(), static_cast<std::size_t>(4 * applied));
  }
  expect_distribution(values, cdf);
}

TEST(AugmentParameters, ChannelTransformsFollowTheirDistributions) {
  expect_channels(&AugmentParameters::blur_sigma, 0.2, 0.5, uniform_cdf(0.5, 1));
  expect_channels(&AugmentParameters::brightness, 0.15, 1, uniform_cdf(0.75, 1.25));
  expect_channels(&AugmentParameters::contrast, 0.15, 1, around_one_cdf(0.75, 1.25));
  expect_channels(&AugmentParameters::zoom, 0.25, 0.5, uniform_cdf(0.5, 1));
  expect_channels(&AugmentParameters::gamma_inverted, 0.1, 1, around_one_cdf(0.7, 1.5));
  expect_channels(&AugmentParameters::gamma, 0.3, 1, around_one_cdf(0.7, 1.5));
}

TEST(AugmentParameters, SpatialNoiseAndMirrorFollowTheirDistributions) {
  std::vector<double> angles;
  std::vector<double> scales;
  std::vector<double> noise;
  std::array<double, 8> mirrors{};
  double both = 0;
  for (const AugmentParameters& drawn : draws()) {
    const bool turned = drawn.spatial && drawn.spatial->angles_rad[0] != 0;
    const bool scaled = drawn.spatial && drawn.spatial->scale != 1;
    both += turned && scaled ? 1 : 0;
    if (turned) {
      angles.insert(
          angles.end(), drawn.spatial->angles_rad.begin(), drawn.spatial->angles_rad.end());
    }
    if (scaled) {
      scales.push_back(drawn.spatial->scale);
    }
    if (drawn.noise_sd) {
      noise.push_back(*drawn.noise_sd);
    }
    ++mirrors.at((drawn.mirror[0] ? 4U : 0U) + (drawn.mirror[1] ? 2U : 0U) +
                 (drawn.mirror[2] ? 1U : 0U));
  }
  expect_share(static_cast<double>(angles.size()) / 3, kDraws, 0.2);
  expect_share(static_cast<double>(scales.size()), kDraws, 0.2);
  expect_share(both, kDraws, 0.04);
  expect_share(static_cast<double>(noise.size()), kDraws, 0.1);
  expect_distribution(angles, uniform_cdf(-std::numbers::pi / 6, std::numbers::pi / 6));
  expect_distribution(scales, around_one_cdf(0.7, 1.4));
  expect_distribution(noise, uniform_cdf(0, 0.1));
  for (const double count : mirrors) {
    expect_share(count, kDraws, 0.125);
  }
}

TEST(AugmentParameters, AreAPureFunctionOfSeedStepAndSlot) {
  EXPECT_EQ(to_json(draw_augmentation(1, 7, 1, 4)), to_json(draw_augmentation(1, 7, 1, 4)));
  EXPECT_NE(to_json(draw_augmentation(1, 7, 1, 4)), to_json(draw_augmentation(1, 7, 0, 4)));
  EXPECT_NE(to_json(draw_augmentation(1, 7, 1, 4)), to_json(draw_augmentation(1, 8, 1, 4)));
  EXPECT_NE(to_json(draw_augmentation(1, 7, 1, 4)), to_json(draw_augmentation(2, 7, 1, 4)));
}

TEST(Augment, ChangesNothingWithoutParameters) {
  std::vector<float> voxels(2 * 5 * 6 * 7);
  for (std::size_t i = 0; i < voxels.size(); ++i) {
    voxels[i] = static_cast<float>(i) * 0.37F;
  }
  std::vector<std::uint8_t> labels(5 * 6 * 7, 2);
  const std::vector<float> before = voxels;
  augment({.voxels = voxels, .shape = {5, 6, 7}}, labels, {});
  EXPECT_EQ(voxels, before);
}

TEST(Augment, MirrorsImageAndLabelsTogether) {
  const std::array<std::int64_t, 3> shape = {3, 2, 5};
  std::vector<float> voxels(30);
  std::vector<std::uint8_t> labels(30);
  for (std::size_t i = 0; i < 30; ++i) {
    voxels[i] = static_cast<float>(i);
    labels[i] = static_cast<std::uint8_t>(i);
  }
  AugmentParameters parameters;
  parameters.mirror = {true, false, true};
  augment({.voxels = voxels, .shape = shape}, labels, parameters);
  for (std::size_t z = 0; z < 3; ++z) {
    for (std::size_t y = 0; y < 2; ++y) {
      for (std::size_t x = 0; x < 5; ++x) {
        const std::size_t source = ((2 - z) * 2 + y) * 5 + 4 - x;
        EXPECT_EQ(labels[(z * 2 + y) * 5 + x], source);
        EXPECT_EQ(voxels[(z * 2 + y) * 5 + x], static_cast<float>(source));
      }
    }
  }
}

TEST(Augment, KeepsConstantImagesFinite) {
  const std::array<std::int64_t, 3> shape = {16, 16, 16};
  AugmentParameters parameters;
  parameters.spatial = SpatialParameters{{0.1, 0.2, 0.3}, 0.8};
  parameters.contrast = {1.2};
  parameters.zoom = {0.6};
  parameters.gamma_inverted = {0.7};
  parameters.gamma = {1.5};
  std::vector<float> voxels(4096, -0.75F);
  std::vector<std::uint8_t> labels(4096, 0);
  augment({.voxels = voxels, .shape = shape}, labels, parameters);
  for (const float value : voxels) {
    ASSERT_TRUE(std::isfinite(value));
  }
}

TEST(NormalField, HasTheMomentsAndTailsOfTheStandardNormal) {
  constexpr std::size_t kCount = 1000003;
  std::vector<float> values(kCount);
  fill_normal(values, {1, 2}, {3, 4, 5});
  std::array<double, 4> moments{};
  double beyond_three = 0;
  for (const float value : values) {
    double power = 1;
    for (double& moment : moments) {
      power *= static_cast<double>(value);
      moment += power / kCount;
    }
    beyond_three += std::abs(value) > 3 ? 1 : 0;
  }
  EXPECT_NEAR(moments[0], 0, 0.0045);
  EXPECT_NEAR(moments[1], 1, 0.0064);
  EXPECT_NEAR(moments[2], 0, 0.018);
  EXPECT_NEAR(moments[3], 3, 0.045);
  expect_share(beyond_three, kCount, 0.0026998);
}

TEST(NormalField, AnElementDependsOnItsPlaceAlone) {
  std::vector<float> many(1000);
  std::vector<float> few(70);
  fill_normal(many, {1, 2}, {3, 4, 5});
  fill_normal(few, {1, 2}, {3, 4, 5});
  EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
  fill_normal(few, {1, 2}, {3, 4, 6});
  EXPECT_NE(few[0], many[0]);
}

TEST(FastMath, IsAccurateToAFewUnitsInTheLastPlace) {
  for (int i = 1; i < 200000; ++i) {
    const float x = static_cast<float>(i) * 1.7e-4F;
    const double exact = std::log2(static_cast<double>(x));
    ASSERT_NEAR(static_cast<double>(fast_log2(x)), exact, 2e-7 * std::max(1.0, std::abs(exact)));
    const float y = static_cast<float>(i) * 1e-3F - 100.0F;
    const double power = std::exp2(static_cast<double>(y));
    ASSERT_NEAR(static_cast<double>(fast_exp2(y)), power, 2e-7 * power);
    const float turn = static_cast<float>(i) / 200000.0F;
    float sine = 0;
    float cosine = 0;
    fast_sincos_turn(turn, sine, cosine);
    const double angle = 2 * std::numbers::pi * static_cast<double>(turn);
    ASSERT_NEAR(static_cast<double>(sine), std::sin(angle), 2e-7);
    ASSERT_NEAR(static_cast<double>(cosine), std::cos(angle), 2e-7);
  }
}

}  // namespace
}  // namespace yates::io
