// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/bench.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace yates::cli {
namespace {

TEST(Spread, TakesTheMiddleOfOddAndEvenCounts) {
  EXPECT_EQ(spread_of({3, 1, 2}).median, 2);
  EXPECT_EQ(spread_of({4, 1, 2, 3}).median, 2.5);
  EXPECT_EQ(spread_of({5}).n, 1);
  EXPECT_EQ(spread_of({3, 1, 2}).max, 3);
}

TEST(BenchResult, IsBetterThanThePeerAboveOne) {
  BenchResult result{.name = "n",
                     .size = "s",
                     .unit = "ms",
                     .ours = spread_of({2}),
                     .peer = PeerResult{"peer 1.0", spread_of({6})}};
  EXPECT_EQ(result.ratio(), 3);
  result.higher_is_better = true;
  EXPECT_EQ(result.ratio(), 2.0 / 6.0);
}

TEST(BenchResult, SaysThatAPeerIsMissing) {
  const Json json = to_json(
      BenchResult{.name = "n", .size = "s", .unit = "ms", .ours = spread_of({2}), .peer = {}}, 2);
  EXPECT_TRUE(json.at("peer").is_null());
  EXPECT_TRUE(json.at("ratio").is_null());
  EXPECT_EQ(json.at("threads"), 2);
}

TEST(BenchSettings, KeepsConfigurationApartAndRefusesUnknownKeys) {
  const std::vector<BenchKey> keys = {{"tokens", "512", ""}};
  const BenchSettings settings(keys, {"model.width=16", "tokens=7"});
  EXPECT_EQ(settings.count("tokens"), 7);
  EXPECT_EQ(settings.configuration(), std::vector<std::string>{"model.width=16"});
  EXPECT_THROW(BenchSettings(keys, {"token=7"}), Error);
  EXPECT_THROW(static_cast<void>(BenchSettings(keys, {"tokens=0"}).count("tokens")), Error);
}

}  // namespace
}  // namespace yates::cli
