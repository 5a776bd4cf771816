// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace yates {
namespace {

TEST(Text, SplitKeepsEmptyParts) {
  EXPECT_EQ(split("a,,b", ',').size(), 3U);
  EXPECT_EQ(split("", ',').size(), 1U);
}

TEST(Text, ParsesIntegersStrictly) {
  EXPECT_EQ(parse_integer("010"), 10);
  EXPECT_EQ(parse_integer("-3"), -3);
  for (const char* wrong : {"", "0x10", "1.0", " 1", "1 ", "+1", "99999999999999999999"}) {
    EXPECT_FALSE(parse_integer(wrong)) << wrong;
  }
}

TEST(Text, NumbersRoundTrip) {
  for (const double value : {0.1, -1e-300, 3.0, 1.0 / 3.0, 1e22}) {
    EXPECT_EQ(parse_number(format_number(value)), value);
  }
  EXPECT_EQ(format_number(std::nan("")), "nan");
  EXPECT_EQ(format_number(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_FALSE(parse_number("1,5"));
}

TEST(Text, SuggestsOnlyWhatIsNear) {
  const std::vector<std::string> keys = {"keep_rates", "scorer", "restore"};
  EXPECT_EQ(closest_match("keep_rate", keys), "keep_rates");
  EXPECT_EQ(closest_match("socrer", keys), "scorer");
  EXPECT_FALSE(closest_match("width", keys));
}

TEST(Text, DurationsReadLikeSpeech) {
  EXPECT_EQ(format_duration(45.2), "45 s");
  EXPECT_EQ(format_duration(750), "12 min 30 s");
  EXPECT_EQ(format_duration(8340), "2 h 19 min");
  EXPECT_EQ(format_duration(241200), "2 d 19 h");
  EXPECT_EQ(format_duration(-1), "unknown");
}

TEST(Text, EscapesHtml) {
  EXPECT_EQ(escape_html("<a&'\">"), "&lt;a&amp;&#39;&quot;&gt;");
}

}  // namespace
}  // namespace yates
