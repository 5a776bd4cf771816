// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/r_script.hpp"

#include <gtest/gtest.h>

#include "base/csv.hpp"
#include "launcher/study/cell_table.hpp"

namespace yates::report {
namespace {

study::Analysis analysis() {
  return analyze(study::read_cell_table(
                     parse_csv("dose,sex,seed,y\n1,\"m \"\"x\"\"\",1,2\n2,\"m \"\"x\"\"\",1,3.5\n"
                               "1,f,1,2\n2,f,1,4\n1,\"m \"\"x\"\"\",2,2.25\n2,\"m \"\"x\"\"\",2,3\n"
                               "1,f,2,2\n2,f,2,5\n",
                               "t.csv"),
                     {.factors = {"dose", "sex"}, .responses = {"y"}}),
                 {});
}

TEST(RScript, HoldsEveryContrastWithItsWeights) {
  const std::string text = r_script(analysis(), "again.csv");
  EXPECT_NE(text.find("list(name = \"dose:sex\", at = \"\",\n       weights = c(c1 = 1, c2 = -1, "
                      "c3 = -1, c4 = 1))"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\"again.csv\""), std::string::npos);
  EXPECT_NE(text.find("blocks <- TRUE"), std::string::npos);
  for (const char* part :
       {"lmerTest::contest1D", "car::Anova(fit, type = 3)", "y ~ 0 + cell + seed"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
}

TEST(RScript, QuotesWhatRWouldReadOtherwise) {
  EXPECT_NE(r_script(analysis(), "again.csv").find(R"("m \"x\"")"), std::string::npos);
}

TEST(RScript, DataHaveOneRowPerRunAndResponse) {
  const CsvTable data = parse_csv(r_data(analysis()), "data");
  EXPECT_EQ(data.rows.size(), 8U);
  EXPECT_EQ(data.header.front(), "f1");
  EXPECT_EQ(data.rows[0][data.column("cell")], "c1");
  EXPECT_EQ(data.number(1, data.column("value")), 2.25);
}

}  // namespace
}  // namespace yates::report
