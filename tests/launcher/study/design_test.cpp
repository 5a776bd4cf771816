// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/design.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "tests/launcher/study/reference_designs.hpp"

namespace yates::study {
namespace {

std::string error_of(const std::vector<Factor>& factors, const std::vector<Levels>& exclude = {}) {
  try {
    const Design design(factors, exclude);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::BadConfig);
    return error.what();
  }
  return "";
}

TEST(Design, FirstFactorChangesFastest) {
  const Design design({{"a", {"x", "y"}}, {"b", {"1", "2", "3"}}});
  EXPECT_EQ(design.size(), 6U);
  EXPECT_EQ(design.levels(0), (Levels{{"a", "x"}, {"b", "1"}}));
  EXPECT_EQ(design.levels(1), (Levels{{"a", "y"}, {"b", "1"}}));
  EXPECT_EQ(design.levels(4), (Levels{{"a", "x"}, {"b", "3"}}));
  for (std::size_t cell = 0; cell < design.size(); ++cell) {
    EXPECT_EQ(design.cell(std::vector{design.level(cell, 0), design.level(cell, 1)}), cell);
  }
}

TEST(Design, ExclusionsRemoveAllMatchingCells) {
  const Design design = testing::paper_design();
  EXPECT_EQ(design.size(), 16U);
  EXPECT_EQ(design.run_count(), 12U);
  EXPECT_FALSE(design.complete());
}

TEST(Design, WrongDeclarationsAreNamed) {
  EXPECT_NE(error_of({}).find("no factor"), std::string::npos);
  EXPECT_NE(error_of({{"a", {"1"}}}).find("'a'"), std::string::npos);
  EXPECT_NE(error_of({{"a", {"1", "1"}}}).find("at least two"), std::string::npos);
  EXPECT_NE(error_of({{"a", {"1", "2"}}, {"a", {"1", "2"}}}).find("twice"), std::string::npos);
  EXPECT_NE(error_of({{"width", {"1", "2"}}}, {{{"wdith", "1"}}}).find("did you mean 'width'"),
            std::string::npos);
  EXPECT_NE(error_of({{"a", {"1", "2"}}}, {{{"a", "1"}}, {{"a", "2"}}}).find("leave no cell"),
            std::string::npos);
}

}  // namespace
}  // namespace yates::study
