// SPDX-License-Identifier: Apache-2.0
#include "base/csv.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace yates {
namespace {

std::string error_of(const std::string& text) {
  try {
    parse_csv(text, "t.csv");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Csv, ReadsQuotesLineEndsAndByteOrderMark) {
  const CsvTable table = parse_csv(
      "\xEF\xBB\xBF"
      "a,b\r\n\"x,\"\"1\"\"\",2\r\n\n3,\"two\nlines\"\n",
      "t.csv");
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.rows[0][0], "x,\"1\"");
  EXPECT_EQ(table.rows[1][1], "two\nlines");
  EXPECT_EQ(table.lines[1], 4U);
}

TEST(Csv, WrittenLinesReadBack) {
  const std::vector<std::string> fields = {"plain", "a,b", "say \"hi\"", "", "two\nlines"};
  const CsvTable table = parse_csv("1,2,3,4,5\n" + csv_line(fields), "t.csv");
  EXPECT_EQ(table.rows.at(0), fields);
}

TEST(Csv, AFieldThatBeginsLikeAByteOrderMarkIsKept) {
  const std::vector<std::string> fields = {"\xEF\xBB\xBF", "a"};
  EXPECT_EQ(parse_csv(csv_line(fields), "t.csv").header, fields);
}

TEST(Csv, NumbersIncludeNanAndInf) {
  const CsvTable table = parse_csv("x\nnan\ninf\n0.25\nten\n", "t.csv");
  EXPECT_TRUE(std::isnan(table.number(0, 0)));
  EXPECT_TRUE(std::isinf(table.number(1, 0)));
  EXPECT_EQ(table.number(2, 0), 0.25);
  EXPECT_THROW((void)table.number(3, 0), Error);
}

TEST(Csv, ErrorsNameTheLine) {
  EXPECT_NE(error_of("a,b\n1\n").find("t.csv:2"), std::string::npos);
  EXPECT_NE(error_of("a,a\n").find("appears twice"), std::string::npos);
  EXPECT_NE(error_of("a\n\"open\n").find("never closed"), std::string::npos);
  EXPECT_NE(error_of("").find("empty"), std::string::npos);
}

TEST(Csv, MissingColumnSuggestsTheClosest) {
  const CsvTable table = parse_csv("dice_mean,seed\n", "t.csv");
  try {
    (void)table.column("dice_maen");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'dice_mean'?"), std::string::npos);
  }
}

}  // namespace
}  // namespace yates
