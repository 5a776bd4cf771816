// SPDX-License-Identifier: Apache-2.0
// What an analysis says beside its t intervals: cases, resampling, sensitivity, confounding.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/csv.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "launcher/study/analysis.hpp"
#include "launcher/study/analysis_cases.hpp"
#include "launcher/study/analysis_modes.hpp"
#include "launcher/study/cell_table.hpp"
#include "launcher/study/column_bootstrap.hpp"
#include "launcher/study/distributions.hpp"
#include "launcher/study/results_table.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

double average(std::span<const double> values) {
  return mean(values);
}

std::vector<double> noise(std::uint64_t key, std::size_t n) {
  std::vector<double> values;
  RandomStream stream(3, "test", key);
  for (std::size_t i = 0; i < n; ++i) {
    values.push_back(std::exp(stream.normal()));
  }
  return values;
}

TEST(ColumnBootstrap, ManyMeansAreTheSameAsOneByOne) {
  const BootstrapOptions options{.draws = 1000, .seed = 5, .alpha = .1};
  const std::vector<std::vector<double>> columns = {noise(1, 40), noise(2, 40), noise(3, 40)};
  const auto together = bootstrap_means(columns, options);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const BootstrapResult alone = bootstrap(columns[c], average, options);
    EXPECT_NEAR(together[c].estimate, alone.estimate, 1e-12);
    EXPECT_NEAR(together[c].se, alone.se, 1e-12);
    EXPECT_NEAR(together[c].percentile.low, alone.percentile.low, 1e-12);
    EXPECT_NEAR(together[c].bca.low, alone.bca.low, 1e-9);
    EXPECT_NEAR(together[c].bca.high, alone.bca.high, 1e-9);
    EXPECT_NEAR(together[c].acceleration, alone.acceleration, 1e-12);
  }
}

TEST(ColumnBootstrap, SeedsAndCasesTogetherVaryMoreThanCases) {
  std::vector<std::vector<double>> seeds;
  std::vector<double> means(30, 0);
  for (std::size_t s = 0; s < 12; ++s) {
    seeds.push_back(noise(s, 30));
    for (std::size_t k = 0; k < 30; ++k) {
      seeds[s][k] += s % 2 == 0 ? 2 : 0;
      means[k] += seeds[s][k] / 12;
    }
  }
  const BootstrapOptions options{.draws = 4000, .seed = 1, .alpha = .05};
  const auto both = bootstrap_crossed_means({seeds}, options);
  const auto cases = bootstrap_means({means}, options);
  EXPECT_NEAR(both[0].estimate, cases[0].estimate, 1e-12);
  // Seeds alone: half 0, half 2, so an SD of 1 over sqrt(12).
  EXPECT_GT(both[0].se, 1 / std::sqrt(12.0));
  EXPECT_GT(both[0].se, 2 * cases[0].se);
  EXPECT_TRUE(std::isnan(both[0].bca.low));
}

TEST(ColumnBootstrap, NineUnitsAreRefused) {
  EXPECT_THROW((void)bootstrap_means({noise(1, 9)}, {}), Error);
  EXPECT_THROW((void)bootstrap_crossed_means({{9, noise(1, 20)}}, {}), Error);
}

// All 2^n sums one by one.
TEST(SignFlip, EqualsTheFullEnumeration) {
  std::vector<double> values;
  for (int i = 0; i < 11; ++i) {
    values.push_back(std::sin(i * 1.7) + .2);
  }
  double observed = 0;
  for (const double value : values) {
    observed += value;
  }
  int extreme = 0;
  for (int flip = 0; flip < 2048; ++flip) {
    double sum = 0;
    for (int i = 0; i < 11; ++i) {
      sum += (flip >> i & 1) != 0 ? -values[static_cast<std::size_t>(i)]
                                  : values[static_cast<std::size_t>(i)];
    }
    extreme += std::abs(sum) >= std::abs(observed) - 1e-9 ? 1 : 0;
  }
  EXPECT_DOUBLE_EQ(sign_flip_p(values), extreme / 2048.0);
}

// With infinite degrees of freedom everything has a closed form.
TEST(SignSize, OfAKnownSigma) {
  const SignSizeErrors errors = SignSizeTest(std::numeric_limits<double>::infinity(), .05).at(1);
  const double power = normal_cdf(1 - 1.959963984540054) + normal_cdf(-1 - 1.959963984540054);
  EXPECT_NEAR(errors.power, power, 1e-9);
  EXPECT_NEAR(errors.wrong_sign, normal_cdf(-1 - 1.959963984540054) / power, 1e-12);
  EXPECT_GT(errors.exaggeration, 2.4);
  EXPECT_LT(errors.exaggeration, 2.6);
  EXPECT_TRUE(std::isnan(SignSizeTest(4, .05).at(0).wrong_sign));
}

/// 2 x 2, `seeds` seeds, 12 cases; the run of cell (1,1) with seed 1 diverged.
StudyData scored(int seeds, bool diverged) {
  std::string text = "a,b,seed,case,region,dice,hd95_mm,status\n";
  for (int seed = 1; seed <= seeds; ++seed) {
    for (int cell = 0; cell < 4; ++cell) {
      for (int k = 0; k < 12; ++k) {
        const bool bad = diverged && seed == 1 && cell == 3;
        const double dice = bad ? 0 : .8 + .01 * cell + .002 * ((seed * 7 + cell * 3 + k * 5) % 11);
        text += csv_line({std::to_string(cell % 2),
                          std::to_string(cell / 2),
                          std::to_string(seed),
                          "k" + std::to_string(k),
                          "WT",
                          std::to_string(dice),
                          std::to_string(bad ? 50.0 : 4.0 + (k * seed + cell) % 7),
                          bad ? "diverged" : "ok"});
      }
    }
  }
  return read_results(parse_csv(text, "results.csv"), {});
}

TEST(Sensitivity, TheAnalysisWithoutDivergedRunsStandsBeside) {
  const Analysis analysis = analyze(scored(6, true), {});
  const auto row = std::find_if(
      analysis.sensitivity.begin(), analysis.sensitivity.end(), [](const SensitivitySummary& r) {
        return r.analysis == "without_collapsed" && r.place.metric == "dice" && r.place.at.empty();
      });
  ASSERT_NE(row, analysis.sensitivity.end());
  EXPECT_EQ(row->estimate.n, 5U);
  const auto with = std::find_if(
      analysis.contrasts.begin(), analysis.contrasts.end(), [](const ContrastSummary& r) {
        return r.name == "a:b" && r.metric == "dice" && r.headline && r.target == "seeds";
      });
  EXPECT_LT(with->estimate.estimate, -10);
  EXPECT_GT(row->estimate.estimate, -2);
  const bool said = std::any_of(
      analysis.warnings.begin(), analysis.warnings.end(), [](const std::string& warning) {
        return warning.find(
                   "1 run diverged and counts as an empty prediction (Dice 0): (a=1, b=1, "
                   "seed 1)") != std::string::npos;
      });
  EXPECT_TRUE(said);
  EXPECT_EQ(analysis.modes[0].collapsed_runs.size(), 1U);
  ASSERT_EQ(analysis.modes[0].by_factor.size(), 2U);
  EXPECT_EQ(analysis.modes[0].by_factor[0].bad, (std::vector<std::size_t>{0, 1}));
}

TEST(Sensitivity, DistancesAreAlsoAnalysedAsLogarithms) {
  const Analysis analysis = analyze(scored(3, false), {});
  const auto row = std::find_if(analysis.sensitivity.begin(),
                                analysis.sensitivity.end(),
                                [](const SensitivitySummary& r) { return r.analysis == "log1p"; });
  ASSERT_NE(row, analysis.sensitivity.end());
  EXPECT_EQ(row->place.metric, "hd95_mm");
  EXPECT_EQ(row->estimate.method, Method::Blocked);
}

TEST(Sensitivity, AnotherConventionIsAnotherRow) {
  StudyData other = scored(3, true);
  other.convention = "brats2023";
  Analysis analysis = analyze(scored(3, false), {});
  add_convention(analysis, other);
  EXPECT_EQ(analysis.sensitivity.back().analysis, "brats2023");
}

TEST(CaseContrasts, AverageOverTheRunsOfEachCell) {
  const StudyData data = scored(4, false);
  const Contrast contrast = parse_contrast(data.design, "a:b", {});
  const auto values = per_case_contrasts(data, data.responses[0], contrast);
  ASSERT_EQ(values.size(), 12U);
  const Analysis analysis = analyze(scored(4, false), {});
  EXPECT_NEAR(mean(values), analysis.case_contrasts.at(0).mean, 1e-12);
  const auto run_level = plain_estimate(data.table(data.responses[0]), contrast);
  EXPECT_NEAR(mean(values), run_level->estimate, 1e-9);
  bool over_cases = false;
  bool refused = false;
  for (const BootstrapSummary& row : analysis.bootstraps) {
    over_cases = over_cases || (row.target == "patients" && row.refused.empty());
    refused = refused || (row.target == "seeds" && row.refused.find("4 units") == 0);
  }
  EXPECT_TRUE(over_cases);
  EXPECT_TRUE(refused);
}

TEST(CellTails, UndefinedDistancesAreFailures) {
  std::string text = "a,b,seed,case,region,dice,hd95_mm\n";
  for (int run = 0; run < 8; ++run) {
    for (int k = 0; k < 10; ++k) {
      const std::string mm = run == 0 && k < 2 ? "nan" : k == 9 ? "25" : "5";
      text += csv_line({std::to_string(run % 2),
                        std::to_string(run / 2 % 2),
                        std::to_string(run / 4),
                        "k" + std::to_string(k),
                        "WT",
                        "0.8",
                        mm});
    }
  }
  const Analysis analysis = analyze(read_results(parse_csv(text, "results.csv"), {}), {});
  const auto tail = [&](std::size_t cell) {
    return *std::find_if(analysis.tails.begin(), analysis.tails.end(), [&](const CellTail& row) {
      return row.cell == cell && row.metric == "hd95_mm";
    });
  };
  // Two runs of ten cases: three failures in one, one in the other.
  EXPECT_DOUBLE_EQ(tail(0).failed_pct, 20);
  EXPECT_DOUBLE_EQ(tail(1).failed_pct, 10);
  EXPECT_EQ(tail(0).n, 16U);
}

// R's npk: N:P:K differs only between blocks.
TEST(Confounding, TheHeadlineNeverComparesBlocksByTheErrorWithin) {
  const std::filesystem::path table = std::filesystem::path(YATES_GOLDEN_DIR) / "study/r/npk.csv";
  const Analysis analysis = analyze(
      read_cell_table(read_csv(table), {.factors = {"n", "p", "k"}, .responses = {"y"}}), {});
  const auto headline = [&](const std::string& name) {
    const auto row = std::find_if(
        analysis.contrasts.begin(), analysis.contrasts.end(), [&](const ContrastSummary& r) {
          return r.name == name && r.at.empty() && r.headline;
        });
    return row->estimate.method;
  };
  EXPECT_EQ(headline("n"), Method::Blocked);
  EXPECT_EQ(headline("n:p:k"), Method::Mixed);
  const bool named = std::any_of(
      analysis.not_estimable.begin(), analysis.not_estimable.end(), [](const NotEstimable& e) {
        return e.term == "n:p:k" && e.why.find("confounded with blocks") == 0;
      });
  EXPECT_TRUE(named);
}

}  // namespace
}  // namespace yates::study
