// SPDX-License-Identifier: Apache-2.0
// Every transform against the published pipeline at fixed parameters on a stored patch.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "io/augment/augment.hpp"
#include "io/augment/blur.hpp"
#include "io/augment/intensity.hpp"
#include "io/augment/low_resolution.hpp"
#include "io/augment/spatial.hpp"
#include "io/checkpoint/safetensors.hpp"

namespace yates::io {
namespace {

constexpr std::array<std::int64_t, 3> kShape = {24, 28, 32};
constexpr std::uint8_t kAmbiguous = 255;  // The source lies on a boundary: either answer is right.

/// The goldens hold every 13th value of an image and every 3rd label; NaN where the source
/// coordinate is within rounding of the patch border.
const SafetensorsFile& goldens() {
  static const SafetensorsFile file(std::filesystem::path(YATES_GOLDEN_DIR) / "augment" /
                                    "augment.safetensors");
  return file;
}

template <typename T>
std::vector<T> golden(const std::string& name) {
  const TensorEntry* entry = goldens().find(name);
  if (entry == nullptr) {
    ADD_FAILURE() << name << " is not in the goldens";
    return {};
  }
  std::vector<T> values(entry->data.size() / sizeof(T));
  std::memcpy(values.data(), entry->data.data(), entry->data.size());
  return values;
}

std::size_t stride(const std::string& key) {
  return static_cast<std::size_t>(parse_integer(goldens().metadata().at(key)).value());
}

struct Patch {
  std::vector<float> voxels = golden<float>("input.data");
  std::vector<std::uint8_t> labels = golden<std::uint8_t>("input.seg");

  PatchView view() { return {.voxels = voxels, .shape = kShape}; }
};

void expect_image(const Patch& patch, const std::string& name, double tolerance) {
  const std::vector<float> expected = golden<float>(name);
  ASSERT_FALSE(expected.empty());
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!std::isnan(expected[i])) {
      const float value = patch.voxels.at(i * stride("stride"));
      worst =
          std::max(worst, std::abs(static_cast<double>(value) - static_cast<double>(expected[i])));
    }
  }
  EXPECT_LE(worst, tolerance) << name;
}

void expect_labels(const Patch& patch, const std::string& name) {
  const std::vector<std::uint8_t> expected = golden<std::uint8_t>(name);
  ASSERT_FALSE(expected.empty());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::uint8_t value = patch.labels.at(i * stride("label_stride"));
    wrong += expected[i] != kAmbiguous && value != expected[i] ? 1 : 0;
  }
  EXPECT_EQ(wrong, 0U) << name;
}

TEST(AugmentGolden, SpatialTransformsEqualTheReference) {
  const std::pair<const char*, SpatialParameters> sets[] = {
      {"rot", {{0.3, -0.2, 0.45}, 1}},
      {"rot_zoom_in", {{-0.15, 0.5, 0.1}, 0.8}},
      {"rot_zoom_out", {{0.4, 0.25, -0.35}, 1.3}},
      {"scale_0p75", {{0, 0, 0}, 0.75}},
      {"scale_1p25", {{0, 0, 0}, 1.25}},
      {"only_a0", {{0.4, 0, 0}, 1}},
      {"only_a1", {{0, 0.4, 0}, 1}},
      {"only_a2", {{0, 0, 0.4}, 1}}};
  for (const auto& [name, parameters] : sets) {
    Patch patch;
    const AffineMap map = affine_map(parameters, kShape);
    warp_image(patch.view(), map);
    warp_labels(patch.labels, kShape, map);
    expect_image(patch, std::string("spatial.") + name + ".data", 1e-5);
    expect_labels(patch, std::string("spatial.") + name + ".seg");
  }
}

TEST(AugmentGolden, SourceCoordinatesFollowTheReferenceConvention) {
  const AffineMap map = affine_map({{0.4, 0.25, -0.35}, 1.3}, kShape);
  const auto at = map.source(5, 20, 9);
  EXPECT_NEAR(at[0], 4.842180293194516, 1e-12);
  EXPECT_NEAR(at[1], 15.85202555567308, 1e-12);
  EXPECT_NEAR(at[2], 2.680136017214018, 1e-12);
}

TEST(AugmentGolden, BlurEqualsTheReference) {
  for (const auto& [name, sigma] :
       {std::pair{"0.5", 0.5}, {"0.625", 0.625}, {"0.75", 0.75}, {"1.0", 1.0}}) {
    Patch patch;
    for (std::size_t c = 0; c < 2; ++c) {
      blur(patch.view().channel(c), kShape, sigma);
    }
    expect_image(patch, std::string("blur.sigma_") + name, 1e-6);
  }
}

using ChannelTransform = std::function<void(std::span<float>, double)>;

void expect_channels(const std::string& name,
                     std::array<double, 2> values,
                     double tolerance,
                     const ChannelTransform& transform) {
  Patch patch;
  for (std::size_t c = 0; c < 2; ++c) {
    transform(patch.view().channel(c), values[c]);
  }
  expect_image(patch, name, tolerance);
}

TEST(AugmentGolden, BrightnessAndContrastEqualTheReference) {
  expect_channels("brightness.m_0.8_1.2", {0.8, 1.2}, 3e-7, scale_brightness);
  expect_channels("contrast.f_0.8_1.2", {0.8, 1.2}, 1e-6, scale_contrast);
  expect_channels("contrast.f_1.25_0.75", {1.25, 0.75}, 1e-6, scale_contrast);
}

TEST(AugmentGolden, LowResolutionEqualsTheReference) {
  for (const auto& [name, zoom] :
       {std::pair{"0.5", 0.5}, {"0.61", 0.61}, {"0.77", 0.77}, {"0.93", 0.93}, {"1.0", 1.0}}) {
    expect_channels(
        std::string("lowres.zoom_") + name,
        {zoom, zoom},
        1e-5,
        [](std::span<float> channel, double z) { lower_resolution(channel, kShape, z); });
  }
}

TEST(AugmentGolden, GammaEqualsTheReference) {
  for (const bool inverted : {false, true}) {
    const std::string family = inverted ? "gamma_inverted." : "gamma.";
    const auto transform = [inverted](std::span<float> channel, double gamma) {
      apply_gamma(channel, gamma, inverted);
    };
    expect_channels(family + "g_0.7_1.5", {0.7, 1.5}, 5e-6, transform);
    expect_channels(family + "g_1.2_0.85", {1.2, 0.85}, 5e-6, transform);
  }
}

TEST(AugmentGolden, TheWholeChainEqualsTheReference) {
  AugmentParameters parameters;
  parameters.spatial = SpatialParameters{{0.2, -0.3, 0.1}, 1.1};
  parameters.blur_sigma = {0.6, 0.9};
  parameters.brightness = {1.1, 0.9};
  parameters.contrast = {1.15, 0.85};
  parameters.zoom = {0.7, 0.8};
  parameters.gamma_inverted = {0.9, 1.3};
  parameters.gamma = {1.4, 0.8};
  parameters.mirror = {true, false, true};
  Patch patch;
  augment(patch.view(), patch.labels, parameters);
  expect_image(patch, "chain.all", 5e-5);
  expect_labels(patch, "chain.all.seg");
}

TEST(AugmentGolden, NearestIndicesEqualTheReference) {
  EXPECT_EQ(nearest_indices(24, 15),
            (std::vector<std::size_t>{0, 2, 4, 5, 7, 8, 10, 12, 13, 15, 16, 18, 20, 21, 23}));
  EXPECT_EQ(nearest_indices(24, 12),
            (std::vector<std::size_t>{1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23}));
  EXPECT_EQ(nearest_indices(1, 1), (std::vector<std::size_t>{0}));
}

}  // namespace
}  // namespace yates::io
