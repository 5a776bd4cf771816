// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/compute_policy.hpp"

#include <gtest/gtest.h>

#include "tests/support/expect_error.hpp"

namespace yates::train {
namespace {

using testing::expect_error;

TrainOptions options_of(const std::string& device, const std::string& precision = "auto") {
  TrainOptions options;
  options.device = device;
  options.precision = precision;
  return options;
}

GpuRuntime with_gpus(int count) {
  GpuRuntime gpus;
  gpus.count = count;
  return gpus;
}

TEST(ComputePolicy, AutoTakesTheGpuWhereThereIsOne) {
  EXPECT_EQ(choose_compute(options_of("auto"), 0, {}).text(), "cpu fp32");
  EXPECT_EQ(choose_compute(options_of("auto"), 0, with_gpus(1)).text(), "cuda:0 fp16");
  EXPECT_EQ(choose_compute(options_of("cpu"), 0, with_gpus(4)).text(), "cpu fp32");
}

TEST(ComputePolicy, EveryRankOfAHostTakesItsOwnGpu) {
  EXPECT_EQ(choose_compute(options_of("cuda", "bf16"), 2, with_gpus(4)).text(), "cuda:2 bf16");
  // Slurm shows each rank a single one; that they differ is checked by address.
  EXPECT_EQ(choose_compute(options_of("cuda", "fp32"), 2, with_gpus(1)).text(), "cuda:0 fp32");
  EXPECT_EQ(choose_compute(options_of("cuda"), 2, with_gpus(4)).fingerprint(), "cuda fp16");
}

TEST(ComputePolicy, OnlyFp16ScalesTheLoss) {
  EXPECT_TRUE(choose_compute(options_of("cuda"), 0, with_gpus(1)).scales_loss());
  EXPECT_FALSE(choose_compute(options_of("cuda", "bf16"), 0, with_gpus(1)).scales_loss());
  EXPECT_TRUE(choose_compute(options_of("cuda", "fp32"), 0, with_gpus(1)).decides_on_device());
  EXPECT_FALSE(choose_compute(options_of("cpu"), 0, {}).decides_on_device());
}

TEST(ComputePolicy, WhatCannotBeIsRefusedWithTheRemedy) {
  expect_error(ExitCode::BadConfig,
               {"no GPU to train on", "built without GPU support", "train.device=cpu"},
               [] { choose_compute(options_of("cuda"), 0, {}); });
  expect_error(ExitCode::BadConfig,
               {"rank 2 of this host", "2 are visible", "at most 2 ranks"},
               [] { choose_compute(options_of("auto"), 2, with_gpus(2)); });
  expect_error(ExitCode::BadConfig, {"bf16 needs a GPU"}, [] {
    choose_compute(options_of("auto", "bf16"), 0, {});
  });
}

}  // namespace
}  // namespace yates::train
