// SPDX-License-Identifier: Apache-2.0
#include "io/phantom/phantom_set.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "io/phantom/brain_shape.hpp"
#include "io/phantom/phantom_case.hpp"
#include "io/phantom/tumour_counts.hpp"
#include "io/phantom/tumour_shape.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::io {
namespace {

const PhantomOptions kSmall{.seed = 5, .shape = {40, 48, 44}, .difficulty = 0.2};
constexpr const char* kSuffixes[] = {"t1n", "t1c", "t2w", "t2f", "seg"};

double mean_of(const PhantomCase& made, std::size_t modality, std::uint8_t label) {
  double sum = 0;
  double count = 0;
  for (std::size_t i = 0; i < made.labels.size(); ++i) {
    if (made.labels[i] == label && made.modalities[modality][i] > 0) {
      sum += made.modalities[modality][i];
      ++count;
    }
  }
  return sum / count;
}

TEST(PhantomCase, HasExactlyTheVoxelsThatWereDrawn) {
  for (std::uint64_t index = 0; index < 20; ++index) {
    const BrainShape brain = draw_brain(kSmall, index);
    const auto voxels = static_cast<std::int64_t>(brain.depth.size());
    const TumourCounts counts = draw_tumour_counts(kSmall, index, voxels);
    const PhantomCase made = draw_phantom(kSmall, index, false);
    const auto count = [&](std::uint8_t label) {
      return std::count(made.labels.begin(), made.labels.end(), label);
    };
    EXPECT_EQ(count(1), counts.ncr);
    EXPECT_EQ(count(3), counts.core - counts.ncr);
    EXPECT_EQ(count(2), counts.whole - counts.core);
    EXPECT_TRUE(made.modalities[0].empty());
  }
}

TEST(PhantomCase, IsZeroOutsideTheBrainInEveryModalityAndPositiveInside) {
  const PhantomCase made = draw_phantom(kSmall, 3, true);
  std::int64_t background = 0;
  for (std::size_t i = 0; i < made.labels.size(); ++i) {
    const bool inside = made.modalities[0][i] > 0;
    background += inside ? 0 : 1;
    for (const auto& modality : made.modalities) {
      ASSERT_EQ(modality[i] > 0, inside);
      ASSERT_GE(modality[i], 0);
    }
    ASSERT_TRUE(inside || made.labels[i] == 0);
  }
  EXPECT_GT(background, static_cast<std::int64_t>(made.labels.size() / 2));
}

TEST(PhantomCase, ShowsEnhancementInT1cAndOedemaInFlair) {
  const PhantomCase made = draw_phantom({.seed = 5, .shape = {64, 64, 64}}, 0, true);
  EXPECT_GT(mean_of(made, 3, 3), 1.2 * mean_of(made, 3, 0));
  EXPECT_GT(mean_of(made, 1, 2), 1.2 * mean_of(made, 1, 0));
  EXPECT_LT(mean_of(made, 2, 1), 0.9 * mean_of(made, 2, 0));
}

TEST(PhantomCase, DiffersByIndexAndSeedOnly) {
  const PhantomCase made = draw_phantom(kSmall, 3, true);
  EXPECT_EQ(made.modalities, draw_phantom(kSmall, 3, true).modalities);
  EXPECT_EQ(made.labels, draw_phantom(kSmall, 3, false).labels);
  EXPECT_NE(made.labels, draw_phantom(kSmall, 4, false).labels);
  PhantomOptions other = kSmall;
  other.seed = 6;
  EXPECT_NE(made.labels, draw_phantom(other, 3, false).labels);
}

TEST(PhantomCase, GrowsHarderWithDifficulty) {
  const auto contrast = [](double difficulty) {
    const PhantomOptions options{.seed = 5, .shape = {64, 64, 64}, .difficulty = difficulty};
    const PhantomCase made = draw_phantom(options, 0, true);
    return mean_of(made, 3, 3) / mean_of(made, 3, 0);
  };
  EXPECT_GT(contrast(0), contrast(0.5));
  EXPECT_GT(contrast(0.5), contrast(1));
}

TEST(TumourCounts, FillEveryPartInTheEasySet) {
  for (const auto& shape : {std::array<std::int64_t, 3>{48, 48, 48}, {64, 64, 64}, {16, 20, 18}}) {
    const PhantomOptions easy{.seed = 9, .shape = shape, .difficulty = 0};
    for (std::uint64_t index = 0; index < 200; ++index) {
      const auto voxels = static_cast<std::int64_t>(draw_brain(easy, index).depth.size());
      const TumourCounts counts = draw_tumour_counts(easy, index, voxels);
      const auto whole = static_cast<double>(counts.whole);
      const auto volume = static_cast<double>(shape[0] * shape[1] * shape[2]);
      EXPECT_GT(whole, 0.03 * volume);
      EXPECT_GT(static_cast<double>(counts.ncr), 0.15 * whole);
      EXPECT_GT(static_cast<double>(counts.core - counts.ncr), 0.2 * whole);
      EXPECT_GT(static_cast<double>(counts.whole - counts.core), 0.25 * whole);
      EXPECT_EQ(draw_phantom(easy, index, false).labels.size(), static_cast<std::size_t>(volume));
    }
  }
}

TEST(TumourCounts, AreTheCalibratedOnesFromTheMiddleOfTheDifficulty) {
  for (std::uint64_t index = 0; index < 500; ++index) {
    const TumourCounts middle = draw_tumour_counts({.seed = 9}, index, 3'000'000);
    const TumourCounts hard = draw_tumour_counts({.seed = 9, .difficulty = 1}, index, 3'000'000);
    EXPECT_EQ(middle.whole, hard.whole);
    EXPECT_EQ(middle.core, hard.core);
    EXPECT_EQ(middle.ncr, hard.ncr);
  }
}

TEST(PhantomSet, WritesTheSameBytesForAnyNumberOfJobs) {
  const testing::TemporaryDirectory one;
  const testing::TemporaryDirectory two;
  write_phantom_set(one / "set", {.phantom = kSmall, .cases = 3, .jobs = 1});
  write_phantom_set(two / "set", {.phantom = kSmall, .cases = 3, .jobs = 3});
  for (std::uint64_t i = 0; i < 3; ++i) {
    const std::string id = phantom_case_id(i);
    for (const char* suffix : kSuffixes) {
      const std::string file = "set/" + id + "/" + id + "-" + suffix + ".nii.gz";
      EXPECT_EQ(read_file(one / file), read_file(two / file)) << file;
    }
  }
}

TEST(PhantomSet, ContinuesWhereItStoppedAndClearsWhatWasCut) {
  const testing::TemporaryDirectory folder;
  PhantomSetOptions options{.phantom = kSmall, .cases = 1, .labels_only = true};
  write_phantom_set(folder.path(), options);
  make_directories(folder / ".partial.BraTS-GLI-00001-000.1");
  options.cases = 3;
  const PhantomSetResult result = write_phantom_set(folder.path(), options);
  EXPECT_EQ(result.written, 2);
  EXPECT_EQ(result.kept, 1);
  EXPECT_FALSE(std::filesystem::exists(folder / ".partial.BraTS-GLI-00001-000.1"));
  EXPECT_TRUE(
      std::filesystem::exists(folder / "BraTS-GLI-00002-000" / "BraTS-GLI-00002-000-seg.nii.gz"));
  EXPECT_FALSE(
      std::filesystem::exists(folder / "BraTS-GLI-00002-000" / "BraTS-GLI-00002-000-t1c.nii.gz"));
}

TEST(PhantomSet, RefusesToMixSetsAndWrongOptions) {
  const testing::TemporaryDirectory folder;
  PhantomSetOptions options{.phantom = kSmall, .cases = 1, .labels_only = true};
  write_phantom_set(folder.path(), options);
  options.phantom.seed = 99;
  EXPECT_THROW(write_phantom_set(folder.path(), options), Error);
  options.phantom = {.seed = 5, .shape = {8, 48, 48}};
  EXPECT_THROW(write_phantom_set(folder / "other", options), Error);
  options.phantom = {.seed = 5, .shape = kSmall.shape, .difficulty = std::nan("")};
  EXPECT_THROW(write_phantom_set(folder / "other", options), Error);
  options = {.phantom = kSmall, .cases = 0};
  EXPECT_THROW(write_phantom_set(folder / "other", options), Error);
  EXPECT_FALSE(std::filesystem::exists(folder / "other"));
}

}  // namespace
}  // namespace yates::io
