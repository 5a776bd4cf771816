// SPDX-License-Identifier: Apache-2.0
// Windows, blending and mirroring against MONAI with a toy network given by formula.
#include "launcher/eval/sliding_window.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "io/checkpoint/safetensors.hpp"
#include "launcher/eval/mirror_tta.hpp"

namespace yates::eval {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(YATES_GOLDEN_DIR) / "eval";

const Json& goldens() {
  static const Json kGoldens = read_json(kGolden / "sliding_window.json");
  return kGoldens;
}

std::uint64_t splitmix64(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}

/// The input of a golden: (1, 2, D, H, W), values in [-1, 1).
at::Tensor golden_input(const Json& golden) {
  const auto shape = golden.at("shape_zyx").get<Size3>();
  const auto seed = golden.at("seed").get<std::uint64_t>();
  at::Tensor input = at::empty({1, 2, shape[0], shape[1], shape[2]}, at::kFloat);
  auto* values = input.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < input.numel(); ++i) {
    const std::uint64_t bits = splitmix64((seed << 40U) + static_cast<std::uint64_t>(i)) >> 40U;
    values[i] = 2.0F * (static_cast<float>(bits) * 0x1p-24F) - 1.0F;
  }
  return input;
}

/// The toy network of the goldens: (1, 2, d, h, w) to (1, 3, d, h, w).
at::Tensor toy_network(const at::Tensor& window) {
  const std::int64_t d = window.size(2);
  const std::int64_t h = window.size(3);
  const std::int64_t w = window.size(4);
  const at::Tensor i = at::arange(d, at::kFloat).view({d, 1, 1});
  const at::Tensor j = at::arange(h, at::kFloat).view({1, h, 1});
  const at::Tensor k = at::arange(w, at::kFloat).view({1, 1, w});
  const at::Tensor first = window[0][0];
  const at::Tensor second = window[0][1];
  const at::Tensor centre = first[d / 2][h / 2][w / 2];
  const at::Tensor corner = first[0][0][0];
  const auto rd = static_cast<double>(d);
  const auto rh = static_cast<double>(h);
  const auto rw = static_cast<double>(w);
  const at::Tensor o0 = first * (1 + i / rd) + 0.5 * second * (j - k) / rh;
  const at::Tensor o1 = second * (1 + k / rw - 0.5 * j / rh) + 0.25 * centre;
  const at::Tensor o2 = i / rd + 2 * j / rh - 3 * k / rw + corner * second;
  return at::stack({o0, o1, o2}).unsqueeze(0);
}

/// A stored tensor as float32.
at::Tensor stored(const std::string& name) {
  static const io::SafetensorsFile kFile(kGolden / "sliding_window.safetensors");
  const io::TensorEntry* entry = kFile.find(name);
  EXPECT_NE(entry, nullptr) << name;
  const auto type = entry->dtype == io::Dtype::U8 ? at::kByte : at::kFloat;
  at::Tensor tensor = at::empty(entry->shape, type);
  std::memcpy(tensor.mutable_data_ptr(), entry->data.data(), entry->data.size());
  return tensor.to(at::kFloat);
}

/// Largest difference between every stride-th voxel of `actual` (..., D, H, W) and a golden.
double difference(const at::Tensor& actual, const std::string& name, std::int64_t stride) {
  const at::Tensor expected = stored(name);
  at::Tensor part = actual.to(at::kFloat);
  for (const std::int64_t axis : {-3, -2, -1}) {
    part = part.slice(axis, 0, part.size(axis), stride);
  }
  EXPECT_EQ(part.numel(), expected.numel()) << name;
  return (part.reshape(expected.sizes()) - expected).abs().max().item<double>();
}

SlidingWindow options_of(const Json& golden, BlendMode blend = BlendMode::Float32) {
  return {.window = golden.at("roi").get<Size3>(), .overlap = 0.5, .blend = blend};
}

TEST(WindowPlan, StartsAndPadsEqualTheGoldens) {
  for (const auto& [name, golden] : goldens().at("cases").items()) {
    SCOPED_TRACE(name);
    const WindowPlan plan =
        plan_windows(golden.at("shape_zyx").get<Size3>(), golden.at("roi").get<Size3>(), 0.5);
    EXPECT_EQ(plan.starts, golden.at("window_starts_zyx_in_padded").get<std::vector<Size3>>());
    EXPECT_EQ(plan.padded, golden.at("padded_shape").get<Size3>());
    for (std::size_t axis = 0; axis < 3; ++axis) {
      EXPECT_EQ(plan.pad_low[axis], golden.at("pads_low_high_zyx")[axis][0]);
      EXPECT_EQ(plan.pad_high[axis], golden.at("pads_low_high_zyx")[axis][1]);
    }
  }
}

TEST(WindowPlan, StartsOfThePaperPatchEqualTheGoldens) {
  for (const auto& [length, starts] : goldens().at("starts_1d_roi128").items()) {
    const WindowPlan plan = plan_windows({128, 128, std::stoll(length)}, {128, 128, 128}, 0.5);
    std::vector<std::int64_t> along_x;
    for (const Size3& start : plan.starts) {
      along_x.push_back(start[2]);
    }
    EXPECT_EQ(along_x, starts.get<std::vector<std::int64_t>>()) << length;
  }
}

TEST(WindowPlan, WithoutOverlapWindowsTouch) {
  EXPECT_EQ(plan_windows({4, 4, 12}, {4, 4, 4}, 0.0).starts.size(), 3U);
  EXPECT_EQ(plan_windows({1, 1, 4}, {1, 1, 2}, 0.75).starts.size(), 3U);
}

TEST(GaussianWeights, EqualTheGoldens) {
  for (const auto& [side, golden] : goldens().at("weight_maps").items()) {
    const std::int64_t n = std::stoll(side);
    const std::vector<float> weights = gaussian_weights({n, n, n});
    EXPECT_EQ(std::count(weights.begin(), weights.end(), 1e-3F), golden.at("clamped_voxels"));
    EXPECT_NEAR(*std::max_element(weights.begin(), weights.end()), golden.at("max_of_map"), 1e-6);
    EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0) /
                    golden.at("sum_float64").get<double>(),
                1.0,
                1e-6);
  }
  const std::vector<float> oblong = gaussian_weights({16, 12, 8});
  const at::Tensor expected = stored("weight_map_16x12x8");
  for (std::size_t i = 0; i < oblong.size(); ++i) {
    EXPECT_NEAR(oblong[i], expected.const_data_ptr<float>()[i], 1e-6);
  }
}

class SlidingWindowGolden : public ::testing::TestWithParam<const char*> {};

TEST_P(SlidingWindowGolden, BlendEqualsMonai) {
  const std::string name = GetParam();
  const Json& golden = goldens().at("cases").at(name);
  const auto stride = golden.at("stored_stride").get<std::int64_t>();
  const at::Tensor input = golden_input(golden);
  const at::Tensor output = predict_windows(input, options_of(golden), toy_network);
  EXPECT_LT(difference(output, name + ".out", stride), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Cases,
                         SlidingWindowGolden,
                         ::testing::Values("shift_70x64x101_roi64",
                                           "small_21x16x37_roi16",
                                           "small_pad_11x9x23_roi16",
                                           "noncubic_20x30x17_roi_16x12x8"));

TEST(SlidingWindow, HalfProductsEqualTheReference) {
  for (const std::string name : {"small_21x16x37_roi16", "noncubic_20x30x17_roi_16x12x8"}) {
    const Json& golden = goldens().at("cases").at(name);
    const at::Tensor output = predict_windows(
        golden_input(golden), options_of(golden, BlendMode::ReferenceHalf), toy_network);
    EXPECT_LT(difference(output, name + ".out_half_product", golden.at("stored_stride")), 1e-5);
  }
}

TEST(SlidingWindow, HalfProductsBesideFloat32AreBothUnchanged) {
  const Json& golden = goldens().at("cases").at("small_21x16x37_roi16");
  SlidingWindow options = options_of(golden, BlendMode::ReferenceHalf);
  const at::Tensor input = golden_input(golden);
  const at::Tensor half = predict_windows(input, options, toy_network);
  options.beside_float32 = true;
  const at::Tensor both = predict_windows(input, options, toy_network);
  const std::int64_t channels = half.size(1);
  ASSERT_EQ(both.size(1), 2 * channels);
  EXPECT_TRUE(both.narrow(1, 0, channels).equal(half));
  EXPECT_TRUE(both.narrow(1, channels, channels)
                  .equal(predict_windows(input, options_of(golden), toy_network)));
}

TEST(MirrorTta, MeanOfEightMirrorsEqualsTheReference) {
  for (const std::string name :
       {"small_pad_11x9x23_roi16", "small_21x16x37_roi16", "shift_70x64x101_roi64"}) {
    const Json& golden = goldens().at("cases").at(name);
    const SlidingWindow options = options_of(golden);
    const at::Tensor output = mirror8(golden_input(golden), [&](const at::Tensor& volume) {
      return predict_windows(volume, options, toy_network);
    });
    EXPECT_LT(difference(output, name + ".tta8", golden.at("stored_stride")), 1e-5);
    if (name == "small_pad_11x9x23_roi16") {
      EXPECT_EQ(
          difference(argmax_labels(output, BlendMode::Float32), name + ".tta8_argmax_float32", 1),
          0.0);
      EXPECT_EQ(difference(
                    argmax_labels(output, BlendMode::ReferenceHalf), name + ".tta8_argmax_half", 1),
                0.0);
    }
  }
}

TEST(ArgmaxLabels, TiesGoToTheFirstChannel) {
  EXPECT_EQ(argmax_labels(at::zeros({1, 4, 1, 1, 2}), BlendMode::Float32).sum().item<int>(), 0);
}

}  // namespace
}  // namespace yates::eval
