// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/analysis.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "launcher/study/cell_table.hpp"

namespace yates::study {
namespace {

StudyData paper(const std::vector<Factor>& levels, const std::vector<std::string>& responses) {
  const std::filesystem::path folder = YATES_GOLDEN_DIR;
  return read_cell_table(read_csv(folder / "study/factorial_cells.csv"),
                         {.factors = {"relocate", "prune", "conv_lt", "width"},
                          .responses = responses,
                          .levels = levels});
}

const ContrastSummary& find(const Analysis& analysis,
                            const std::string& name,
                            const Levels& at,
                            const std::string& metric) {
  const auto found =
      std::find_if(analysis.contrasts.begin(), analysis.contrasts.end(), [&](const auto& row) {
        return row.name == name && row.at == at && row.metric == metric;
      });
  EXPECT_NE(found, analysis.contrasts.end()) << name;
  return *found;
}

TEST(Analysis, InteractionsOfThePaper) {
  const Analysis analysis = analyze(paper({}, {"dice_mean"}), {});
  const auto value = [&](const std::string& name, const Levels& at) {
    return find(analysis, name, at, "dice_mean").estimate.estimate;
  };
  EXPECT_NEAR(value("relocate:prune", {{"conv_lt", "0"}, {"width", "32"}}), 2.92, 1e-9);
  EXPECT_NEAR(value("relocate:prune", {{"conv_lt", "0"}, {"width", "48"}}), -0.32, 1e-9);
  EXPECT_NEAR(value("prune:conv_lt", {{"relocate", "1"}, {"width", "32"}}), -4.23, 1e-9);
  EXPECT_NEAR(value("prune:conv_lt", {{"relocate", "1"}, {"width", "48"}}), 2.24, 1e-9);
}

TEST(Analysis, SingleRunsHaveNoInference) {
  const Analysis analysis = analyze(paper({}, {"dice_mean"}), {});
  for (const ContrastSummary& row : analysis.contrasts) {
    EXPECT_EQ(row.estimate.method, Method::None);
    EXPECT_TRUE(std::isnan(row.estimate.se) && std::isnan(row.p) && std::isnan(row.interval.low));
    EXPECT_TRUE(std::isnan(row.mde) && std::isnan(row.p_holm) && std::isnan(row.tost_p));
    EXPECT_EQ(row.verdict, Verdict::Inconclusive);
  }
}

TEST(Analysis, DisagreementsOfThePaper) {
  const Analysis analysis = analyze(
      paper({{"width", {"48", "32"}}}, {"dice_mean", "hd95_wt", "hd95_tc", "hd95_mean"}), {});
  const Levels narrow = {{"conv_lt", "0"}, {"width", "32"}};
  const Levels wide = {{"conv_lt", "0"}, {"width", "48"}};
  EXPECT_NEAR(find(analysis, "relocate:prune", narrow, "hd95_wt").estimate.estimate, -9.02, 1e-9);
  EXPECT_NEAR(find(analysis, "relocate:prune", narrow, "hd95_tc").estimate.estimate, -6.52, 1e-9);
  EXPECT_NEAR(find(analysis, "relocate:prune", narrow, "hd95_mean").estimate.estimate, -9.79, 1e-9);
  EXPECT_NEAR(find(analysis, "relocate:prune", wide, "hd95_mean").estimate.estimate, 0.83, 1e-9);
  EXPECT_NEAR(
      find(analysis, "prune:conv_lt:width", {{"relocate", "1"}}, "dice_mean").estimate.estimate,
      -6.47,
      1e-9);
  EXPECT_NEAR(
      find(analysis, "relocate:prune:width", {{"conv_lt", "0"}}, "dice_mean").estimate.estimate,
      3.24,
      1e-9);
  EXPECT_FALSE(find(analysis, "relocate:prune", narrow, "hd95_wt").higher_is_better);
}

TEST(Analysis, TheCompletePartHasEffectsAndLenth) {
  const Analysis analysis = analyze(paper({{"width", {"48", "32"}}}, {"dice_mean"}), {});
  ASSERT_EQ(analysis.effects.size(), 7U);
  EXPECT_EQ(analysis.effects[0].at, (Levels{{"conv_lt", "0"}}));
  EXPECT_NEAR(analysis.effects[6].effect.effect, .81, 1e-9);
  EXPECT_NEAR(analysis.effects[6].effect.interaction, 3.24, 1e-9);
  ASSERT_EQ(analysis.lenth.size(), 1U);
  EXPECT_NEAR(analysis.lenth[0].result.pse, .975, 1e-9);
}

TEST(Analysis, MissingCellsAreNamedWithTheCheapestAddition) {
  const Analysis analysis = analyze(paper({{"width", {"48", "32"}}}, {"dice_mean"}), {});
  EXPECT_EQ(analysis.aliases[0], "relocate:conv_lt = 1 - relocate + conv_lt");
  const auto found = std::find_if(
      analysis.not_estimable.begin(), analysis.not_estimable.end(), [](const auto& entry) {
        return entry.term == "relocate:conv_lt" &&
               entry.at == Levels{{"prune", "0"}, {"width", "48"}};
      });
  ASSERT_NE(found, analysis.not_estimable.end());
  ASSERT_EQ(found->add.size(), 1U);
  EXPECT_EQ(found->add[0],
            (Levels{{"relocate", "0"}, {"prune", "0"}, {"conv_lt", "1"}, {"width", "48"}}));
}

TEST(Analysis, NoiseOfTableFourteenSwallowsTheInteraction) {
  AnalysisOptions options;
  options.noise["dice_mean"] = {2.7174191931464, 3};
  const Analysis analysis = analyze(paper({}, {"dice_mean"}), options);
  const ContrastSummary& row =
      find(analysis, "relocate:prune", {{"conv_lt", "0"}, {"width", "32"}}, "dice_mean");
  EXPECT_NEAR(row.estimate.se, 5.43, 0.005);
  EXPECT_LT(row.interval.low, 0);
  EXPECT_EQ(row.verdict, Verdict::Inconclusive);
}

StudyData replicated() {
  return read_cell_table(
      parse_csv(
          "a,b,seed,dice\n0,0,1,10\n1,0,1,11\n0,1,1,12\n1,1,1,18\n0,0,2,20\n1,0,2,21.1\n0,1,2,22\n"
          "1,1,2,28.2\n0,0,3,30\n1,0,3,30.9\n0,1,3,32\n1,1,3,37.7\n",
          "t.csv"),
      {.factors = {"a", "b"}, .responses = {"dice"}});
}

TEST(Analysis, EveryMethodThatAppliesIsListedAndOneIsTheHeadline) {
  AnalysisOptions options;
  options.primary =
      PrimaryContrast{.metric = "dice", .region = "", .contrast = "a:b", .delta = 1.0};
  const Analysis analysis = analyze(replicated(), options);
  std::vector<Method> methods;
  for (const ContrastSummary& row : analysis.contrasts) {
    if (row.name == "a:b") {
      methods.push_back(row.estimate.method);
    }
  }
  EXPECT_EQ(methods,
            (std::vector<Method>{
                Method::PerSeedT, Method::Blocked, Method::Pooled, Method::Welch, Method::Mixed}));
  ASSERT_NE(analysis.primary(), nullptr);
  EXPECT_EQ(analysis.primary()->estimate.method, Method::Blocked);
  EXPECT_EQ(analysis.primary()->verdict, Verdict::Positive);
  EXPECT_EQ(analysis.primary()->p_holm, analysis.primary()->p);
}

TEST(Analysis, ThePlanFixesTheHeadlineNotTheRunsThatCameBack) {
  AnalysisOptions options;
  options.planned_seeds = 5;
  options.primary = PrimaryContrast{.metric = "dice", .region = "", .contrast = "a:b"};
  EXPECT_EQ(analyze(replicated(), options).primary()->estimate.method, Method::PerSeedT);
}

TEST(Analysis, LeavingOutARunShowsItsWeight) {
  const Analysis analysis = analyze(replicated(), {});
  EXPECT_EQ(analysis.leave_one_out.size(), 12U);
}

TEST(Analysis, RelabellingAFactorFlipsSignsOnly) {
  const Analysis one = analyze(paper({{"width", {"48", "32"}}}, {"dice_mean"}), {});
  const Analysis two = analyze(paper({{"width", {"32", "48"}}}, {"dice_mean"}), {});
  const Levels at = {{"conv_lt", "0"}};
  EXPECT_NEAR(find(one, "relocate:prune:width", at, "dice_mean").estimate.estimate,
              -find(two, "relocate:prune:width", at, "dice_mean").estimate.estimate,
              1e-12);
}

}  // namespace
}  // namespace yates::study
