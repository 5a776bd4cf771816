// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "kernels/prune/token_prune_cpu.hpp"
#include "kernels/prune/token_prune_reference.hpp"
#include "tests/support/golden_tensors.hpp"

namespace yates::kernels {
namespace {

using Indices = std::vector<std::int32_t>;
using Values = std::vector<float>;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

struct Selection {
  Indices kept{}, dropped{};
  bool operator==(const Selection&) const = default;
};

Selection select_fast(const Values& scores, std::size_t count) {
  Selection selection{Indices(count), Indices(scores.size() - count)};
  select_tokens_cpu(scores, selection.kept, selection.dropped);
  return selection;
}

Selection select_plainly(const Values& scores, std::size_t count) {
  Selection selection{Indices(count), Indices(scores.size() - count)};
  select_tokens_reference<float>(scores, selection.kept, selection.dropped);
  return selection;
}

TEST(SelectTokens, KeepsTheLargestInAscendingOrder) {
  const Selection expected{{0, 3}, {1, 2, 4}};
  EXPECT_EQ(select_plainly({5, 1, 2, 7, 3}, 2), expected);
  EXPECT_EQ(select_fast({5, 1, 2, 7, 3}, 2), expected);
}

TEST(SelectTokens, KeepsTheLowerIndexOfEqualScores) {
  const Selection expected{{0, 1, 3}, {2, 4}};
  EXPECT_EQ(select_plainly({1, 1, 0, 2, 1}, 3), expected);
  EXPECT_EQ(select_fast({1, 1, 0, 2, 1}, 3), expected);
  const Selection zeros{{0, 1}, {2}};
  EXPECT_EQ(select_plainly({-0.0F, 0.0F, -0.0F}, 2), zeros);
  EXPECT_EQ(select_fast({-0.0F, 0.0F, -0.0F}, 2), zeros);
}

TEST(SelectTokens, RanksNanBelowEveryNumber) {
  const Values scores = {kNan, -kInf, kInf, -kNan, -1};
  for (std::size_t count = 0; count <= scores.size(); ++count) {
    EXPECT_EQ(select_fast(scores, count), select_plainly(scores, count)) << count;
  }
  EXPECT_EQ(select_fast(scores, 3).kept, (Indices{1, 2, 4}));
  EXPECT_EQ(select_fast(scores, 4).kept, (Indices{0, 1, 2, 4}));
}

TEST(SelectTokens, EqualsTheReferenceWithManyTiesAndEveryCount) {
  for (const std::int64_t tokens : {0, 1, 2, 31, 33, 129, 1000}) {
    for (const int values : {2, 50, 1000000}) {
      RandomStream random(4, "select", static_cast<std::uint64_t>(tokens));
      Values scores(static_cast<std::size_t>(tokens));
      for (float& score : scores) {
        score = static_cast<float>(random.integer(-values, values)) / 7.0F;
      }
      for (std::size_t count = 0; count <= scores.size(); count += 1 + scores.size() / 13) {
        ASSERT_EQ(select_fast(scores, count), select_plainly(scores, count))
            << tokens << " " << values << " " << count;
      }
    }
  }
}

TEST(TokenNorms, EqualTheReferenceAndKeepNan) {
  for (const std::int64_t channels : {1, 15, 17, 96}) {
    constexpr std::int64_t kRows = 1100;
    RandomStream random(5, "norms");
    Values x(static_cast<std::size_t>(kRows * channels));
    for (float& value : x) {
      value = static_cast<float>(random.normal());
    }
    x[static_cast<std::size_t>(7 * channels)] = kNan;
    Values expected(kRows);
    token_norms_reference<float>(
        kRows,
        channels,
        {.data = x.data(), .batch_stride = 0, .token_stride = channels, .channel_stride = 1},
        expected.data());
    for (const Isa isa : available_isas()) {
      Values norms(kRows, 777);
      token_norms_cpu(x.data(), kRows, channels, norms.data(), run_serially, isa);
      for (std::size_t i = 0; i < norms.size(); ++i) {
        ASSERT_EQ(std::isnan(norms[i]), i == 7);
        if (i != 7) {
          ASSERT_NEAR(norms[i], expected[i], 1e-6F * expected[i]) << i << isa_name(isa);
        }
      }
    }
  }
}

TEST(MeanOfRows, EqualsTheReference) {
  constexpr std::int64_t kChannels = 19;
  Values x(200 * kChannels);
  RandomStream random(6, "mean");
  for (float& value : x) {
    value = static_cast<float>(random.normal());
  }
  for (const std::size_t count : {0U, 1U, 63U, 64U, 65U, 200U}) {
    Indices rows(count);
    std::iota(rows.rbegin(), rows.rend(), 0);
    Values expected(kChannels);
    mean_of_rows_reference<float>(x.data(), kChannels, rows, expected.data());
    for (const Isa isa : available_isas()) {
      Values mean(kChannels, 777);
      mean_of_rows_cpu(x.data(), kChannels, rows, mean.data(), isa);
      EXPECT_LE(testing::relative_l2(mean, expected), 2e-6) << count;
    }
  }
}

// Goldens: input (batch, channel, d, w, h); kept indices of our Python version of the rule.
TEST(TokenPrune, SelectsTheGoldenTokensAlsoInTies) {
  const testing::GoldenTensors golden("kernels/token_prune.safetensors");
  for (const std::string& name : {std::string(""), std::string("ties.")}) {
    const auto input = golden.values<double>(name + "input");
    const std::int64_t tokens = 60;
    const std::int64_t channels = 16;
    for (const std::string& rate : {std::string("keep0.5"), std::string("keep0.7")}) {
      const std::string key = name.empty() ? rate + ".mean.kept" : name + rate + ".kept";
      const auto expected = golden.values<std::int32_t>(key);
      const std::size_t count = expected.size() / 2;
      for (std::size_t sample = 0; sample < 2; ++sample) {
        std::vector<double> norms(static_cast<std::size_t>(tokens));
        token_norms_reference<double>(tokens,
                                      channels,
                                      {.data = input.data() + sample * 960,
                                       .batch_stride = 0,
                                       .token_stride = 1,
                                       .channel_stride = tokens},
                                      norms.data());
        const Values scores(norms.begin(), norms.end());
        const Indices wanted(expected.begin() + static_cast<std::ptrdiff_t>(sample * count),
                             expected.begin() + static_cast<std::ptrdiff_t>((sample + 1) * count));
        EXPECT_EQ(select_fast(scores, count).kept, wanted) << key << " sample " << sample;
      }
    }
  }
}

}  // namespace
}  // namespace yates::kernels
