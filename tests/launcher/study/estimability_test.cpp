// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/estimability.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "launcher/study/supported_effects.hpp"
#include "tests/launcher/study/reference_designs.hpp"

namespace yates::study {
namespace {

using testing::letters;
using testing::paper_design;

std::vector<std::string> equations(const Design& design, std::size_t order) {
  std::vector<std::string> texts;
  for (const Alias& alias : alias_equations(design, factorial_model(design, order))) {
    texts.push_back(alias.equation);
  }
  return texts;
}

std::set<std::string> names(const Design& design, std::size_t order, bool estimable) {
  const LinearModel model = factorial_model(design, order);
  const std::vector<bool> flags = estimable_terms(design, model);
  std::set<std::string> found;
  for (std::size_t term = 0; term < model.terms.size(); ++term) {
    if (flags[term] == estimable) {
      found.insert(model.terms[term]);
    }
  }
  return found;
}

TEST(Estimability, PaperTablesHaveRankTwelveOfSixteen) {
  const Design design = paper_design();
  EXPECT_EQ(model_rank(design, factorial_model(design, 4)), 12U);
  EXPECT_EQ(
      equations(design, 4),
      (std::vector<std::string>{
          "RL = 1 - R + L", "RPL = P - RP + PL", "RLW = W - RW + LW", "RPLW = PW - RPW + PLW"}));
  EXPECT_TRUE(names(design, 4, true).empty());
}

TEST(Estimability, PaperTablesWithTwoFactorModel) {
  const Design design = paper_design();
  EXPECT_EQ(model_rank(design, factorial_model(design, 2)), 10U);
  EXPECT_EQ(names(design, 2, true),
            (std::set<std::string>{"P", "W", "RP", "PL", "RW", "PW", "LW"}));
  EXPECT_EQ(names(design, 2, false), (std::set<std::string>{"1", "R", "L", "RL"}));
}

TEST(Estimability, PaperTablesPerWidth) {
  Design design = letters("RPL");
  std::vector<bool> run(design.size());
  for (std::size_t cell = 0; cell < design.size(); ++cell) {
    run[cell] = !design.matches(cell, {{"R", "0"}, {"L", "1"}});
  }
  design.set_run(run);
  EXPECT_EQ(model_rank(design, factorial_model(design, 3)), 6U);
  EXPECT_EQ(equations(design, 3),
            (std::vector<std::string>{"RL = 1 - R + L", "RPL = P - RP + PL"}));
}

TEST(Estimability, ThreeCellsOfWidthForty) {
  const Design design({{"R", {"0", "1"}}, {"P", {"0", "1"}}}, {{{"R", "1"}, {"P", "1"}}});
  EXPECT_EQ(equations(design, 2), std::vector<std::string>{"RP = -1 - R - P"});
  std::vector<std::string> supported;
  for (const SupportedEffect& effect : supported_effects(design, 2)) {
    supported.push_back(effect.text);
  }
  EXPECT_EQ(supported, (std::vector<std::string>{"R|P=0", "P|R=0"}));
}

TEST(Estimability, EffectsSupportedByTheRunCells) {
  std::set<std::string> supported;
  for (const SupportedEffect& effect : supported_effects(paper_design(), 4)) {
    supported.insert(effect.text);
  }
  for (const char* text :
       {"R|L=0", "R x P|L=0", "L|R=1", "P x L|R=1", "R x P x W|L=0", "P x L x W|R=1"}) {
    EXPECT_EQ(supported.count(text), 1U) << text;
  }
  for (const char* text : {"R", "R x L", "R x L|P=0", "R|P=0", "R x P x L"}) {
    EXPECT_EQ(supported.count(text), 0U) << text;
  }
}

TEST(Estimability, CompleteDesignsHaveNoAliases) {
  const Design design({{"a", {"0", "1"}}, {"b", {"x", "y", "z"}}});
  const LinearModel model = factorial_model(design, 2);
  EXPECT_EQ(model_rank(design, model), 6U);
  EXPECT_TRUE(alias_equations(design, model).empty());
  EXPECT_EQ(names(design, 2, false).size(), 0U);
}

// 2^(4-1) with D = ABC: the textbook aliases, higher orders expressed by lower ones.
TEST(Estimability, HalfFractionShowsItsDefiningRelation) {
  Design design = letters("ABCD");
  std::vector<bool> run(design.size());
  for (std::size_t cell = 0; cell < design.size(); ++cell) {
    const auto sum = design.level(cell, 0) + design.level(cell, 1) + design.level(cell, 2);
    run[cell] = (sum + 1) % 2 == 1 - design.level(cell, 3);
  }
  design.set_run(run);
  const auto texts = equations(design, 4);
  EXPECT_EQ(texts.size(), 8U);
  EXPECT_NE(std::find(texts.begin(), texts.end(), "CD = AB"), texts.end());
  EXPECT_NE(std::find(texts.begin(), texts.end(), "ABC = D"), texts.end());
  EXPECT_NE(std::find(texts.begin(), texts.end(), "ABCD = 1"), texts.end());
}

TEST(Estimability, CheapestCellsForAnInteraction) {
  const Design design = paper_design();
  const LinearModel model = factorial_model(design, 4);
  const Contrast wanted = parse_contrast(design, "R:L", {{"P", "0"}, {"W", "48"}});
  EXPECT_FALSE(is_estimable(design, model, wanted));
  const auto added = cells_to_add(design, model, wanted);
  ASSERT_TRUE(added.has_value());
  ASSERT_EQ(added->size(), 1U);
  EXPECT_EQ(design.levels(added->front()),
            (Levels{{"R", "0"}, {"P", "0"}, {"L", "1"}, {"W", "48"}}));
  EXPECT_TRUE(cells_to_add(design, model, parse_contrast(design, "R:P", {{"L", "0"}}))->empty());
}

TEST(Estimability, ASmallerModelNeedsFewerCells) {
  const Design design = paper_design();
  const LinearModel model = factorial_model(design, 2);
  const Contrast wanted = parse_contrast(design, "R:L", {});
  const auto added = cells_to_add(design, model, wanted);
  ASSERT_TRUE(added.has_value());
  EXPECT_EQ(added->size(), 1U);
}

}  // namespace
}  // namespace yates::study
