// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/sampler.hpp"

#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/json.hpp"
#include "io/dataset/label_index.hpp"

namespace yates::io {
namespace {

using Triple = std::array<std::int64_t, 3>;

const Json& corner_rule() {
  static const Json rule =
      read_json(std::filesystem::path(YATES_GOLDEN_DIR) / "augment" / "patch_corner_rule.json");
  return rule;
}

Triple never_asked(std::size_t, std::uint8_t, std::int64_t) {
  throw std::logic_error("no voxel is needed");
}

TEST(PatchSampler, CornersOfForegroundPatchesEqualTheReference) {
  for (const Json& row : corner_rule().at("rows")) {
    const auto shape = row.at("shape").get<Triple>();
    const Triple corner = centred_corner(shape, {128, 128, 128}, row.at("voxel").get<Triple>());
    EXPECT_EQ(corner, row.at("corner").get<Triple>()) << row.dump();
  }
}

TEST(PatchSampler, RandomRangesEqualTheReference) {
  for (const Json& row : corner_rule().at("rows")) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const auto range = corner_range(row.at("shape")[axis].get<std::int64_t>(), 128);
      EXPECT_EQ(Json(range), row.at("random_range_lb_ub")[axis]) << row.dump();
    }
  }
}

TEST(PatchSampler, ForcedSlotsEqualTheReference) {
  for (const auto& [key, expected] : corner_rule().at("forced_foreground").items()) {
    const std::int64_t batch = key[2] - '0';
    const double fraction = std::stod(key.substr(6));
    for (std::int64_t slot = 0; slot < batch; ++slot) {
      EXPECT_EQ(forced_foreground(slot, batch, fraction),
                expected[static_cast<std::size_t>(slot)].get<bool>())
          << key << " slot " << slot;
    }
  }
}

TEST(PatchSampler, DrawsCasesAndCornersUniformly) {
  const PatchSampler sampler(
      {{"a", {20, 30, 10}, {0, 0, 0}}, {"b", {16, 17, 18}, {1, 1, 1}}}, {16, 16, 16}, 0.33, 2, 7);
  std::array<int, 5> corners_z{};
  int first_case = 0;
  constexpr int kDraws = 20000;
  for (int step = 0; step < kDraws; ++step) {
    const PatchChoice choice = sampler.choose(step, 0, never_asked);
    EXPECT_FALSE(choice.foreground);
    if (choice.case_index == 0) {
      ++first_case;
      ++corners_z.at(static_cast<std::size_t>(choice.corner[0]));
      EXPECT_EQ(choice.corner[2], -3);
    }
  }
  EXPECT_NEAR(first_case, kDraws / 2, 4 * std::sqrt(kDraws) / 2);
  for (const int count : corners_z) {
    EXPECT_NEAR(count, first_case / 5.0, 4 * std::sqrt(first_case / 5.0));
  }
}

TEST(PatchSampler, DrawsPresentLabelsAndTheirVoxelsUniformly) {
  const PatchSampler sampler({{"a", {64, 64, 64}, {3, 0, 1}}}, {32, 32, 32}, 1.0, 1, 3);
  std::array<int, 4> labels{};
  std::array<int, 3> ranks{};
  constexpr int kDraws = 6000;
  for (int step = 0; step < kDraws; ++step) {
    const PatchChoice choice =
        sampler.choose(step, 0, [&](std::size_t, std::uint8_t label, std::int64_t k) -> Triple {
          if (label == 1) {
            ++ranks.at(static_cast<std::size_t>(k));
          }
          return {63, 2, 40};
        });
    EXPECT_TRUE(choice.foreground);
    EXPECT_EQ(choice.corner, (Triple{47, 0, 24}));
    ++labels.at(choice.label);
  }
  EXPECT_EQ(labels[0] + labels[2], 0);
  EXPECT_NEAR(labels[1], kDraws / 2, 4 * std::sqrt(kDraws) / 2);
  for (const int count : ranks) {
    EXPECT_NEAR(count, labels[1] / 3.0, 4 * std::sqrt(labels[1] / 3.0));
  }
}

TEST(PatchSampler, FallsBackToARandomPatchWithoutTumour) {
  const PatchSampler sampler({{"a", {64, 64, 64}, {0, 0, 0}}}, {32, 32, 32}, 1.0, 1, 3);
  EXPECT_FALSE(sampler.choose(5, 0, never_asked).foreground);
}

TEST(PatchSampler, IsAPureFunctionOfSeedStepAndSlot) {
  const std::vector<SamplerCase> cases{{"a", {99, 98, 97}, {0, 0, 0}}, {"b", {80, 81, 82}, {}}};
  const PatchSampler one(cases, {32, 48, 16}, 0.0, 4, 11);
  const PatchSampler two(cases, {32, 48, 16}, 0.0, 4, 11);
  const PatchSampler other_seed(cases, {32, 48, 16}, 0.0, 4, 12);
  int different = 0;
  for (std::int64_t i = 0; i < 50; ++i) {
    const PatchChoice choice = one.choose(49 - i, i % 4, never_asked);
    EXPECT_EQ(choice.corner, two.choose(49 - i, i % 4, never_asked).corner);
    different += choice.corner != other_seed.choose(49 - i, i % 4, never_asked).corner ? 1 : 0;
  }
  EXPECT_GT(different, 45);
}

TEST(PatchSampler, RefusesAnEmptyTrainingSet) {
  EXPECT_THROW(PatchSampler({}, {32, 32, 32}, 0.33, 2, 1), Error);
}

TEST(LabelIndex, FindsEveryVoxelOfALabelInOrder) {
  const Triple shape{3, 2, 5};
  std::vector<std::uint8_t> labels(30, 0);
  for (const std::size_t i : {4U, 9U, 10U, 29U}) {
    labels[i] = 3;
  }
  labels[5] = 1;
  const LabelIndex index(labels, shape);
  EXPECT_EQ(index.counts(), (Triple{1, 0, 4}));
  const auto voxel = [&](std::uint8_t label, std::int64_t k) -> Triple {
    const auto [z, rank] = index.locate(label, k);
    const auto slice = std::span(labels).subspan(static_cast<std::size_t>(10 * z), 10);
    const auto [y, x] = voxel_in_slice(slice, 5, label, rank);
    return {z, y, x};
  };
  EXPECT_EQ(voxel(3, 0), (Triple{0, 0, 4}));
  EXPECT_EQ(voxel(3, 1), (Triple{0, 1, 4}));
  EXPECT_EQ(voxel(3, 2), (Triple{1, 0, 0}));
  EXPECT_EQ(voxel(3, 3), (Triple{2, 1, 4}));
  EXPECT_EQ(voxel(1, 0), (Triple{0, 1, 0}));
  EXPECT_THROW(voxel_in_slice(labels, 5, 1, 1), Error);
  EXPECT_THROW(LabelIndex(std::span(labels).first(29), shape), Error);
}

}  // namespace
}  // namespace yates::io
