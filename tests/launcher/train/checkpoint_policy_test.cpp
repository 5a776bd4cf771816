// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/checkpoint_policy.hpp"

#include <gtest/gtest.h>

namespace yates::train {
namespace {

TEST(CheckpointPolicy, FollowsTheEpochs) {
  TrainOptions options;
  options.epochs = 5;
  options.steps_per_epoch = 4;
  options.checkpoint_every = 1;
  options.validate_every = 2;
  const CheckpointPolicy policy(options);
  EXPECT_EQ(policy.steps(), 20);
  EXPECT_FALSE(policy.saves_at(0));
  EXPECT_FALSE(policy.saves_at(3));
  EXPECT_TRUE(policy.saves_at(4));
  EXPECT_FALSE(policy.validates_at(4));
  EXPECT_TRUE(policy.validates_at(8));
  EXPECT_TRUE(policy.is_last(20));
}

TEST(CheckpointPolicy, AlwaysSavesAndValidatesAtTheEnd) {
  TrainOptions options;
  options.epochs = 3;
  options.steps_per_epoch = 1;
  options.checkpoint_every = 2;
  options.validate_every = 10;
  const CheckpointPolicy policy(options);
  EXPECT_FALSE(policy.saves_at(1));
  EXPECT_TRUE(policy.saves_at(3));
  EXPECT_TRUE(policy.validates_at(3));
}

}  // namespace
}  // namespace yates::train
