// SPDX-License-Identifier: Apache-2.0
// The analysis of small tables equals what R says of them (tests/golden/study/r): lm and aov, car,
// emmeans, lme4 with lmerTest.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "base/csv.hpp"
#include "base/text.hpp"
#include "launcher/study/analysis.hpp"
#include "launcher/study/cell_table.hpp"
#include "launcher/study/fisher_exact.hpp"
#include "launcher/study/results_table.hpp"

namespace yates::study {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(YATES_GOLDEN_DIR) / "study/r";

/// One number of answers.csv.
struct Answer {
  std::string kind, method, term, at, quantity;
  double value = 0;
};

std::vector<Answer> answers_for(const std::string& name) {
  const CsvTable table = read_csv(kFolder / "answers.csv");
  std::vector<Answer> answers;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const auto& fields = table.rows[row];
    if (fields[0] == name) {
      answers.push_back({fields[1],
                         fields[2],
                         fields[3],
                         fields[4],
                         fields[5],
                         table.number(row, table.column("value"))});
    }
  }
  return answers;
}

/// lmer stops a little beside its optimum and lmerTest differentiates numerically: what depends on
/// variances agrees to 1e-5 where a fit has no boundary, everything from least squares to 1e-9.
double tolerance(const Answer& answer) {
  const bool fitted = answer.kind == "variance" || answer.method == "mixed" ||
                      answer.method == "both" || answer.method == "seeds";
  return !fitted ? 1e-9 : answer.quantity == "estimate" ? 1e-6 : 1e-5;
}

void expect_equal(const Answer& answer, double ours) {
  const double scale = std::max(std::abs(answer.value), 1e-6);
  EXPECT_NEAR(ours, answer.value, tolerance(answer) * scale)
      << answer.kind << " " << answer.method << " " << answer.term << " at " << answer.at << " "
      << answer.quantity;
}

double part(const ContrastSummary& row, const std::string& quantity) {
  return quantity == "estimate" ? row.estimate.estimate
         : quantity == "se"     ? row.estimate.se
         : quantity == "df"     ? row.estimate.df
                                : row.p;
}

double part(const AnovaRow& row, const std::string& quantity) {
  return quantity == "df" ? row.df : quantity == "ss" ? row.ss : quantity == "f" ? row.f : row.p;
}

double part(const FactorialFit& fit, const std::string& quantity) {
  return quantity == "r_squared"            ? fit.r_squared
         : quantity == "adjusted_r_squared" ? fit.adjusted_r_squared
         : quantity == "press"              ? fit.press
                                            : fit.predicted_r_squared;
}

Levels levels_of(const std::string& at) {
  Levels levels;
  if (!at.empty()) {
    const auto parts = split(at, '=');
    levels[parts[0]] = parts[1];
  }
  return levels;
}

void expect_contrast(const Analysis& analysis, const Answer& answer) {
  const bool target = answer.method == "both" || answer.method == "seeds";
  const std::string method = target ? "mixed" : answer.method;
  const std::string wanted = target ? answer.method : "seeds";
  const auto row =
      std::find_if(analysis.contrasts.begin(), analysis.contrasts.end(), [&](const auto& entry) {
        return entry.name == answer.term && entry.at == levels_of(answer.at) &&
               to_string(entry.estimate.method) == method && entry.target == wanted;
      });
  ASSERT_NE(row, analysis.contrasts.end()) << answer.term << " " << answer.at << " " << method;
  expect_equal(answer, part(*row, answer.quantity));
}

void expect_anova(const Analysis& analysis, const Answer& answer) {
  // Blocks come first in every type here; car adjusts them for the factors.
  if (answer.term == "seed" && answer.method != "I") {
    return;
  }
  const bool between = answer.method == "I between seed";
  const auto row = std::find_if(
      analysis.anova_types.begin(), analysis.anova_types.end(), [&](const auto& entry) {
        return entry.row.term == answer.term &&
               (between ? entry.stratum == "seed"
                        : entry.type == answer.method && entry.stratum == "residual");
      });
  // The error of HC3 is no line of its own.
  if (answer.method == "HC3" && answer.term == "residual") {
    return;
  }
  ASSERT_NE(row, analysis.anova_types.end()) << answer.method << " " << answer.term;
  expect_equal(answer, part(row->row, answer.quantity));
}

void expect_answers(const Analysis& analysis, const std::string& name) {
  const auto answers = answers_for(name);
  ASSERT_FALSE(answers.empty()) << name;
  for (const Answer& answer : answers) {
    if (answer.kind == "contrast") {
      expect_contrast(analysis, answer);
    } else if (answer.kind == "anova") {
      expect_anova(analysis, answer);
    } else if (answer.kind == "fit") {
      expect_equal(answer, part(analysis.fits.at(0).fit, answer.quantity));
    } else {
      const auto row = std::find_if(
          analysis.variance.begin(), analysis.variance.end(), [&](const VarianceSummary& entry) {
            return entry.component == answer.term;
          });
      ASSERT_NE(row, analysis.variance.end()) << answer.term;
      expect_equal(answer, row->estimate);
    }
  }
}

Analysis analyze_table(const std::string& name,
                       const std::vector<std::string>& factors,
                       const std::vector<Factor>& levels = {}) {
  return analyze(read_cell_table(read_csv(kFolder / (name + ".csv")),
                                 {.factors = factors, .responses = {"y"}, .levels = levels}),
                 {});
}

Analysis analyze_cases(const std::string& name) {
  return analyze(read_results(read_csv(kFolder / (name + ".csv")), {}), {});
}

TEST(EqualsR, ThreeFactorsInCompleteBlocks) {
  expect_answers(analyze_table("cube", {"a", "b", "c"}), "cube");
}

TEST(EqualsR, ThreeLevelsWithUnequalReplicates) {
  expect_answers(analyze_table("unequal", {"a", "b"}, {{"a", {"no", "yes"}}}), "unequal");
}

TEST(EqualsR, BlocksWithMissingRuns) {
  expect_answers(analyze_table("missing", {"a", "b"}), "missing");
}

TEST(EqualsR, BlocksWithoutVarianceOfTheirOwn) {
  const Analysis analysis = analyze_table("boundary", {"a", "b"});
  expect_answers(analysis, "boundary");
  EXPECT_EQ(analysis.variance.at(0).estimate, 0);
}

TEST(EqualsR, BlocksThatConfoundAnInteraction) {
  expect_answers(analyze_table("npk", {"n", "p", "k"}), "npk");
}

TEST(EqualsR, CasesOfCompleteRuns) {
  expect_answers(analyze_cases("cases"), "cases");
}

TEST(EqualsR, CasesWithMissingRuns) {
  expect_answers(analyze_cases("cases_missing"), "cases_missing");
}

TEST(EqualsR, CasesWithComponentsOnTheBoundary) {
  expect_answers(analyze_cases("cases_boundary"), "cases_boundary");
}

TEST(EqualsR, FisherExact) {
  std::map<std::string, double> p;
  for (const Answer& answer : answers_for("tables")) {
    p[answer.term] = answer.value;
  }
  const auto fisher = [](std::vector<std::size_t> bad, std::vector<std::size_t> total) {
    return fisher_exact_p(bad, total);
  };
  EXPECT_NEAR(fisher({1, 6}, {9, 8}), p.at("two"), 1e-9);
  EXPECT_NEAR(fisher({0, 3, 5}, {6, 6, 7}), p.at("three"), 1e-9);
  EXPECT_NEAR(fisher({1, 1, 4, 0}, {5, 5, 5, 4}), p.at("four"), 1e-9);
}

}  // namespace
}  // namespace yates::study
