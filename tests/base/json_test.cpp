// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace yates {
namespace {

TEST(JsonText, ParseErrorsNameLineAndColumn) {
  try {
    parse_json("{\n  \"a\": 1,\n  oops\n}", "f.json");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::BadData);
    EXPECT_NE(std::string(error.what()).find("f.json:3:3"), std::string::npos) << error.what();
  }
}

TEST(JsonText, GetNamesMissingAndMistypedKeys) {
  const Json json = parse_json(R"({"n": "three"})", "f.json");
  EXPECT_THROW(json_get<int>(json, "n", "f.json"), Error);
  EXPECT_THROW(json_get<int>(json, "m", "f.json"), Error);
  EXPECT_EQ(json_get<std::string>(json, "n", "f.json"), "three");
}

TEST(JsonText, NestingIsLimitedBeforeItCostsTheStack) {
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  EXPECT_NO_THROW(parse_json(nested(64), "f.json"));
  EXPECT_THROW(parse_json(nested(65), "f.json"), Error);
  EXPECT_THROW(parse_json(nested(1'000'000), "f.json"), Error);
}

TEST(JsonText, ANumberBeyondDoubleIsRefused) {
  EXPECT_THROW(parse_json("[1e400]", "f.json"), Error);
}

TEST(JsonText, IntegersAreWholeAndInTheRangeOfTheirType) {
  const Json json = parse_json(
      R"({"whole": 5.0, "half": 1.5, "huge": 1e300, "minus": -1, "list": [1, 2.5], "big": 300})",
      "f.json");
  EXPECT_EQ(json_get<int>(json, "whole", "f.json"), 5);
  EXPECT_EQ(json_get<std::int64_t>(json, "minus", "f.json"), -1);
  EXPECT_EQ(json_get<double>(json, "half", "f.json"), 1.5);
  EXPECT_EQ(json_get<std::vector<double>>(json, "list", "f.json")[1], 2.5);
  EXPECT_THROW(json_get<int>(json, "half", "f.json"), Error);
  EXPECT_THROW(json_get<std::int64_t>(json, "huge", "f.json"), Error);
  EXPECT_THROW(json_get<std::size_t>(json, "minus", "f.json"), Error);
  EXPECT_THROW(json_get<std::uint8_t>(json, "big", "f.json"), Error);
  EXPECT_THROW(json_get<std::vector<int>>(json, "list", "f.json"), Error);
}

TEST(JsonText, NonFiniteNumbersBecomeStrings) {
  EXPECT_EQ(json_number(std::nan("")).dump(), "\"nan\"");
  EXPECT_EQ(json_number(0.5).dump(), "0.5");
}

}  // namespace
}  // namespace yates
