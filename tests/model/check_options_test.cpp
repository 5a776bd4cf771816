// SPDX-License-Identifier: Apache-2.0
#include "model/check_options.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "model/kept_tokens.hpp"

namespace yates::model {
namespace {

TEST(CheckOptions, PaperArmsAreAccepted) {
  for (const std::int64_t width : {8, 16, 24, 32, 40, 48}) {
    ModelOptions options;
    options.width = width;
    EXPECT_TRUE(option_problems(options).empty());
    options.mamba_stages = {0, 1};
    options.prune.enabled = true;
    EXPECT_TRUE(option_problems(options).empty());
  }
}

TEST(CheckOptions, AllFindingsAreNamedAtOnce) {
  ModelOptions options;
  options.network = "segmamba_v1";
  options.width = 12;
  options.mamba_stages = {3, 2, 4};
  options.prune.enabled = true;
  options.prune.keep_rates = {0.0, 1.5};
  options.prune.scorer = "l3";
  try {
    check_options(options);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::BadConfig);
    EXPECT_EQ(error.problems().size(), 7U) << error.what();
    const std::string text = error.what();
    EXPECT_NE(text.find("did you mean 'l2'"), std::string::npos) << text;
    EXPECT_NE(text.find("did you mean 'segmamba_v2'"), std::string::npos) << text;
  }
}

TEST(CheckOptions, KeepRatesMatterOnlyWhenPruning) {
  ModelOptions options;
  options.mamba_stages = {3};
  EXPECT_TRUE(option_problems(options).empty());
  options.prune.enabled = true;
  EXPECT_EQ(option_problems(options).size(), 1U);
  options.prune.keep_rates = {std::nan("")};
  EXPECT_EQ(option_problems(options).size(), 1U);
}

TEST(CheckOptions, WidthZeroAndNegativeAreRefused) {
  for (const std::int64_t width : {0, -8, 4, 49}) {
    ModelOptions options;
    options.width = width;
    EXPECT_EQ(option_problems(options).size(), 1U) << width;
  }
}

TEST(CheckPatch, SidesAreMultiplesOf16WithMoreThanOneVoxelLeft) {
  EXPECT_TRUE(patch_problems({32, 32, 32}).empty());
  EXPECT_TRUE(patch_problems({16, 16, 32}).empty());
  EXPECT_TRUE(patch_problems({128, 128, 128}).empty());
  EXPECT_EQ(patch_problems({16, 16, 16}).size(), 1U);
  EXPECT_EQ(patch_problems({32, 32, 24}).size(), 1U);
  EXPECT_EQ(patch_problems({0, 32, 32}).size(), 1U);
  EXPECT_EQ(patch_problems({-32, 32, 32}).size(), 1U);
}

TEST(KeptTokens, RoundingOfTheProductDoesNotAddAToken) {
  struct Example {
    double rate;
    std::int64_t tokens;
    std::int64_t kept;
  };
  const Example examples[] = {{0.5, 4096, 2048},
                              {0.7, 512, 359},
                              {0.7, 32768, 22938},
                              {0.3, 10, 3},
                              {0.7, 10, 7},
                              {0.1, 30, 3},
                              {0.5, 1, 1},
                              {0.6, 5, 3},
                              {0.55, 100, 55},
                              {0.07, 100, 7},
                              {1e-12, 100, 1},
                              {1.0, 100, 100},
                              {0.5, 262144, 131072}};
  for (const Example& example : examples) {
    EXPECT_EQ(kept_tokens(example.rate, example.tokens), example.kept)
        << example.rate << " of " << example.tokens;
  }
  EXPECT_EQ(scanned_tokens(1.0, 60), 60);
  EXPECT_EQ(scanned_tokens(0.5, 60), 31);
}

}  // namespace
}  // namespace yates::model
