// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/sequential_looks.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "launcher/study/analysis.hpp"
#include "launcher/study/cell_table.hpp"
#include "launcher/study/distributions.hpp"

namespace yates::study {
namespace {

/// A 2 x 2 with the given interaction per seed; seeds count downwards from 9.
StudyData study_with(const std::vector<double>& interactions) {
  std::string text = "a,b,seed,dice\n";
  for (std::size_t i = 0; i < interactions.size(); ++i) {
    const std::string seed = std::to_string(9 - i);
    const double shift = 3.0 * static_cast<double>(i % 3);
    const double wobble = i % 2 == 0 ? .2 : -.1;
    text += "-,-," + seed + "," + format_number(80 + shift) + "\n";
    text += "+,-," + seed + "," + format_number(81 + shift + wobble) + "\n";
    text += "-,+," + seed + "," + format_number(82 + shift - wobble) + "\n";
    text += "+,+," + seed + "," + format_number(83 + shift + interactions[i]) + "\n";
  }
  return read_cell_table(parse_csv(text, "t"),
                         {.factors = {"a", "b"},
                          .responses = {"dice"},
                          .levels = {{"a", {"-", "+"}}, {"b", {"-", "+"}}}});
}

LooksRequest request(const std::string& method) {
  return {.primary = {.region = "", .contrast = "a:b", .delta = 1.0, .method = method},
          .plan = {.spending = "obf", .looks = {3, 4, 5}},
          .seeds = {9, 8, 7, 6, 5}};
}

TEST(SequentialLooks, BlockedLooksUseTheErrorOfTheBlockedModel) {
  const StudyData data = study_with({1, 1.2, .8});
  const auto looks = evaluate_study_looks(data, request("blocked"));
  ASSERT_TRUE(looks);
  ASSERT_EQ(looks->results.size(), 1U);
  const auto expected =
      blocked_t(data.table(data.responses[0]), parse_contrast(data.design, "a:b", {}));
  ASSERT_TRUE(expected);
  EXPECT_EQ(expected->df, 6);
  EXPECT_EQ(looks->results[0].estimate.df, 6);
  EXPECT_NEAR(looks->results[0].statistic, expected->estimate / expected->se, 1e-12);
  const double first = spent_alpha("obf", .05, 3.0 / 5);
  EXPECT_NEAR(looks->results[0].bound, t_quantile(1 - first / 2, 6), 1e-9);
  const auto per_seed = evaluate_study_looks(data, request("auto"));
  EXPECT_EQ(per_seed->results[0].estimate.df, 2);
  EXPECT_NEAR(per_seed->results[0].bound, t_quantile(1 - first / 2, 2), 1e-9);
}

TEST(SequentialLooks, SeedsCountInDeclaredOrder) {
  const auto three = evaluate_study_looks(study_with({1, 1.2, .8}), request("auto"));
  const auto four = evaluate_study_looks(study_with({1, 1.2, .8, 9}), request("auto"));
  ASSERT_EQ(four->results.size(), 2U);
  EXPECT_EQ(four->results[0].statistic, three->results[0].statistic);
}

TEST(SequentialLooks, OtherNumbersOfSeedsAreNoLook) {
  const auto two = evaluate_study_looks(study_with({1, 1.2}), request("auto"));
  EXPECT_NE(two->unplanned.find("2 complete seeds"), std::string::npos);
  EXPECT_EQ(two->results.back().decision, "not a declared look");
  EXPECT_TRUE(evaluate_study_looks(study_with({1, 1.2, .8}), request("auto"))->unplanned.empty());
  LooksRequest wide = request("auto");
  wide.plan.looks = {3, 5};
  EXPECT_FALSE(evaluate_study_looks(study_with({1, -1.2, .8, .1}), wide)->unplanned.empty());
  // An earlier look has ended the study: what came in meanwhile is no further look.
  EXPECT_TRUE(evaluate_study_looks(study_with({9, 9.01, 9.02, 9.0}), wide)->unplanned.empty());
}

TEST(SequentialLooks, AFinishedStudyWithLostRunsEndsWithWhatItHas) {
  LooksRequest wide = request("blocked");
  wide.plan.looks = {3, 5};
  wide.finished = true;
  const auto looks = evaluate_study_looks(study_with({1, -1.2, .8, .1}), wide);
  EXPECT_TRUE(looks->unplanned.empty());
  ASSERT_EQ(looks->results.size(), 2U);
  EXPECT_EQ(looks->results.back().n, 4);
  EXPECT_EQ(looks->results.back().decision, "end: no effect shown");
}

AnalysisOptions options_of(const LooksRequest& asked) {
  return {.primary = asked.primary,
          .sequential = asked.plan,
          .seed_order = asked.seeds,
          .planned_seeds = asked.seeds.size()};
}

TEST(SequentialLooks, APBelowAlphaAtAnInterimLookIsNoFinding) {
  // t = 5.3 with 2 degrees of freedom: p = .034, the bound is 12.9.
  const Analysis analysis = analyze(study_with({1, 2, 1.1}), options_of(request("per_seed_t")));
  ASSERT_NE(analysis.primary(), nullptr);
  ASSERT_TRUE(analysis.looks);
  EXPECT_EQ(analysis.looks->results[0].decision, "continue");
  EXPECT_EQ(analysis.primary()->verdict, Verdict::Inconclusive);
  const Analysis clear = analyze(study_with({5, 5.1, 5.02}), options_of(request("blocked")));
  EXPECT_EQ(clear.looks->results[0].decision, "stop: effect");
  EXPECT_EQ(clear.primary()->verdict, Verdict::Positive);
}

}  // namespace
}  // namespace yates::study
