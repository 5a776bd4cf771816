// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/training_set.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "io/dataset/loader.hpp"
#include "io/dataset/split.hpp"
#include "io/shard/case_reader.hpp"
#include "tests/support/small_data_set.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::io {
namespace {

class TrainingSetTest : public ::testing::Test {
 protected:
  TrainingSetTest()
      : manifest_(testing::write_small_data_set(
            folder_.path(),
            {{"case-a", {20, 18, 33}}, {"case-b", {9, 40, 21}}, {"tiny", {1, 1, 1}}})) {
    options_.dir = folder_.path().string();
    options_.patch = {16, 16, 16};
  }

  testing::TemporaryDirectory folder_;
  Manifest manifest_;
  DataOptions options_;
};

TEST_F(TrainingSetTest, GivesTheCropThatTheSamplerChose) {
  options_.augment = "none";
  const TrainingSet set(options_, manifest_, {"case-b", "case-a"}, 5, 2);
  for (std::int64_t step = 0; step < 20; ++step) {
    const Sample sample = set.make(step, step % 2);
    const CaseReader reader(folder_.path(), manifest_, sample.case_id);
    const VoxelBox box{sample.choice.corner, options_.patch};
    EXPECT_EQ(sample.x, reader.read_image(box));
    EXPECT_EQ(sample.y, reader.read_labels(box));
    EXPECT_FALSE(sample.augmentation);
  }
}

TEST_F(TrainingSetTest, ForegroundPatchesHoldTheChosenVoxelWithItsLabel) {
  options_.augment = "none";
  const TrainingSet set(options_, manifest_, {"case-a", "case-b"}, 5, 2);
  for (std::int64_t step = 0; step < 40; ++step) {
    const Sample sample = set.make(step, 1);
    ASSERT_TRUE(sample.choice.foreground);
    std::size_t offset = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::int64_t at = sample.choice.voxel[axis] - sample.choice.corner[axis];
      ASSERT_GE(at, 0);
      ASSERT_LT(at, 16);
      offset = offset * 16 + static_cast<std::size_t>(at);
    }
    EXPECT_EQ(sample.y[offset], sample.choice.label);
  }
}

TEST_F(TrainingSetTest, AugmentedSamplesDoNotDependOnWorkersOrStart) {
  const TrainingSet set(options_, manifest_, {"case-a", "case-b", "tiny"}, 5, 2);
  const MakeSample make = [&](std::int64_t step, std::int64_t slot, Sample spare) {
    return set.make(step, slot, std::move(spare));
  };
  Loader one({.first_step = 0, .end_step = 30, .slots = {0, 1}}, make, 1, 1);
  Loader three({.first_step = 10, .end_step = 30, .slots = {1}}, make, 3, 4);
  Sample sample;  // Its memory is used again: nothing of it may be left.
  for (std::int64_t step = 0; step < 30; ++step) {
    one.next();
    const Sample expected = one.next();
    ASSERT_TRUE(expected.augmentation);
    if (step >= 10) {
      sample = three.next(std::move(sample));
      EXPECT_EQ(sample.x, expected.x);
      EXPECT_EQ(sample.y, expected.y);
    }
  }
}

TEST_F(TrainingSetTest, TheOrderOfTheListDoesNotMatter) {
  const TrainingSet one(options_, manifest_, {"case-a", "case-b", "tiny"}, 5, 2);
  const TrainingSet two(options_, manifest_, {"tiny", "case-b", "case-a"}, 5, 2);
  EXPECT_EQ(one.make(3, 1).x, two.make(3, 1).x);
  EXPECT_EQ(one.make(3, 1).case_id, two.make(3, 1).case_id);
}

TEST_F(TrainingSetTest, NamesTheCaseWhoseBytesAreDamaged) {
  const std::int64_t bytes = manifest_.shards[0].bytes;
  const std::int64_t offset =
      ShardFile(folder_ / "shard-0000.h5", bytes).find("case-b").labels.offset;
  {
    std::fstream file(folder_ / "shard-0000.h5", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset + 5);
    file.put(static_cast<char>(77));
  }
  const TrainingSet set(options_, manifest_, {"case-b"}, 5, 1);
  try {
    static_cast<void>(set.make(0, 0));
    FAIL() << "the damage went unnoticed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::BadData);
    EXPECT_NE(std::string(error.what()).find("case-b"), std::string::npos);
  }
}

TEST_F(TrainingSetTest, RefusesUnknownCasesAndAugmentations) {
  EXPECT_THROW(TrainingSet(options_, manifest_, {"nobody"}, 5, 1), Error);
  options_.augment = "heavy";
  EXPECT_THROW(TrainingSet(options_, manifest_, {"case-a"}, 5, 1), Error);
}

TEST_F(TrainingSetTest, ReadsTheTrainingPartOfASplit) {
  Split split;
  split.train = {"case-b"};
  split.test = {"case-a"};
  split.sha256 = split_digest(split);
  write_split(folder_ / "split.json", split);
  options_.split = (folder_ / "split.json").string();
  const TrainingSet set(options_, 5, 2);
  EXPECT_EQ(set.sampler().cases().size(), 1U);
  EXPECT_EQ(set.make(0, 0).case_id, "case-b");
}

}  // namespace
}  // namespace yates::io
