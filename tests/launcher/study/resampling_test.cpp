// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/resampling.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

double average(std::span<const double> values) {
  return mean(values);
}

double plain_variance(std::span<const double> values) {
  return squared_deviations(values) / static_cast<double>(values.size());
}

// Efron and Tibshirani, spatial test data A.
const std::vector<double> kSpatial = {48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6,
                                      0,  33, 28, 34, 4,  32, 24, 47, 41, 24, 26, 30, 41};

TEST(Bootstrap, SpatialTestData) {
  EXPECT_NEAR(plain_variance(kSpatial), 171.534023669, 5e-10);
  EXPECT_NEAR(jackknife_acceleration(kSpatial, plain_variance), .061240119812, 5e-13);
  const BootstrapResult result =
      bootstrap(kSpatial, plain_variance, {.draws = 40000, .seed = 1, .alpha = .10});
  EXPECT_NEAR(result.bias_z, .1766, .02);
  EXPECT_NEAR(result.percentile.low, 97.8, 2);
  EXPECT_NEAR(result.percentile.high, 235.8, 2);
  EXPECT_NEAR(result.bca.low, 115.5, 2.5);
  EXPECT_NEAR(result.bca.high, 261.4, 3.5);
}

TEST(Bootstrap, TheSameQuestionHasTheSameAnswer) {
  const BootstrapOptions options{.draws = 500, .seed = 7, .alpha = .05};
  EXPECT_EQ(bootstrap(kSpatial, average, options).bca.low,
            bootstrap(kSpatial, average, options).bca.low);
}

TEST(Bootstrap, AFewSeedsAreRefused) {
  try {
    (void)bootstrap(std::vector<double>{1, 2, 3, 4, 5}, average, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::Usage);
    EXPECT_NE(std::string(error.what()).find("t interval"), std::string::npos);
  }
}

// Per-seed interactions of the golden design: 27 resamples.
TEST(Bootstrap, AllResamplesOfThreeSeeds) {
  const auto means = all_resamples(std::vector<double>{59.0 / 4, 133.0 / 4, 45}, average);
  ASSERT_EQ(means.size(), 27U);
  EXPECT_DOUBLE_EQ(means.front(), 14.75);
  EXPECT_DOUBLE_EQ(means.back(), 45);
  EXPECT_GT(means[1], means[0]);
  EXPECT_LT(means[25], means[26]);
}

TEST(SignFlip, SmallestPossibleP) {
  EXPECT_DOUBLE_EQ(sign_flip_p(std::vector<double>{1, 2, 3, 4, 5}), 2.0 / 32);
  EXPECT_DOUBLE_EQ(sign_flip_p(std::vector<double>{.1, .2, .3, .4, .5, .7}), 2.0 / 64);
  EXPECT_DOUBLE_EQ(sign_flip_p(std::vector<double>{0, 0, 0}), 1);
}

TEST(SignFlip, DrawnFlipsAgreeWithTheTest) {
  std::vector<double> values;
  for (int i = 0; i < 24; ++i) {
    values.push_back(std::sin(i * 1.7) + .3);
  }
  const double p = sign_flip_p(values, 20000);
  const double t = mean(values) / std::sqrt(variance(values) / 24);
  EXPECT_NEAR(p, std::erfc(std::abs(t) / std::sqrt(2.0)), .03);
}

/// Share of rejections of the per-seed t when there is no effect; `draw` gives one run's noise.
template <typename Draw>
double size_of_headline(std::size_t seeds, Draw draw) {
  constexpr int kStudies = 8000;
  int rejected = 0;
  for (int study = 0; study < kStudies; ++study) {
    RandomStream stream(11, "size", static_cast<std::uint64_t>(study), seeds);
    std::vector<double> contrasts;
    for (std::size_t seed = 0; seed < seeds; ++seed) {
      const double a = draw(stream) - draw(stream);
      contrasts.push_back(a - (draw(stream) - draw(stream)));
    }
    const auto n = static_cast<double>(seeds);
    const Estimate estimate{.method = Method::PerSeedT,
                            .estimate = mean(contrasts),
                            .se = std::sqrt(variance(contrasts) / n),
                            .df = n - 1,
                            .n = seeds};
    rejected += two_sided_p(estimate) < .05 ? 1 : 0;
  }
  return static_cast<double>(rejected) / kStudies;
}

TEST(Headline, KeepsItsSizeForNormalAndBimodalNoise) {
  for (std::size_t seeds = 3; seeds <= 8; ++seeds) {
    const double normal = size_of_headline(seeds, [](RandomStream& s) { return s.normal(); });
    EXPECT_GE(normal, .04) << seeds;
    EXPECT_LE(normal, .06) << seeds;
    const double bimodal = size_of_headline(
        seeds, [](RandomStream& s) { return (s.bernoulli(.5) ? -3.0 : 0.0) + s.normal(); });
    EXPECT_GE(bimodal, .04) << seeds;
    EXPECT_LE(bimodal, .06) << seeds;
  }
}

}  // namespace
}  // namespace yates::study
