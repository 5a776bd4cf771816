// SPDX-License-Identifier: Apache-2.0
#include "base/random.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace yates {
namespace {

using Counter = std::array<std::uint32_t, 4>;

// The authors' known answers (Random123, kat_vectors, philox4x32 10).
TEST(Philox, MatchesItsAuthorsKnownAnswers) {
  EXPECT_EQ(philox4x32_10({0, 0, 0, 0}, {0, 0}),
            (Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(
      philox4x32_10({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
      (Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(
      philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
      (Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(HashName, IsFnv1a64) {
  EXPECT_EQ(hash_name(""), 0xCBF29CE484222325ULL);
  EXPECT_EQ(hash_name("a"), 0xAF63DC4C8601EC8CULL);
}

TEST(RandomStream, RepeatsFromItsCoordinatesAlone) {
  RandomStream first(7, "patch", 12, 1);
  RandomStream second(7, "patch", 12, 1);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(first.next_u32(), second.next_u32());
  }
}

TEST(RandomStream, DiffersInEveryCoordinate) {
  const auto word = [](RandomStream stream) { return stream.next_u64(); };
  const std::uint64_t base = word({7, "patch", 12, 1});
  EXPECT_NE(base, word({8, "patch", 12, 1}));
  EXPECT_NE(base, word({7, "augment", 12, 1}));
  EXPECT_NE(base, word({7, "patch", 13, 1}));
  EXPECT_NE(base, word({7, "patch", 12, 2}));
  EXPECT_NE(base, word({7, "patch", 12 + (std::uint64_t{1} << 32), 1}));
}

TEST(RandomStream, HasTheMomentsOfItsDistributions) {
  RandomStream stream(1, "moments");
  constexpr int kDraws = 200000;
  double uniform_sum = 0;
  double normal_sum = 0;
  double normal_squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = stream.uniform();
    ASSERT_TRUE(u >= 0 && u < 1);
    uniform_sum += u;
    const double z = stream.normal();
    normal_sum += z;
    normal_squares += z * z;
  }
  EXPECT_NEAR(uniform_sum / kDraws, 0.5, 5 * std::sqrt(1.0 / 12 / kDraws));
  EXPECT_NEAR(normal_sum / kDraws, 0.0, 5 * std::sqrt(1.0 / kDraws));
  EXPECT_NEAR(normal_squares / kDraws, 1.0, 5 * std::sqrt(2.0 / kDraws));
}

TEST(RandomStream, BelowIsUniformOverAwkwardBounds) {
  RandomStream stream(3, "below");
  constexpr std::uint64_t kBound = 7;
  constexpr int kDraws = 70000;
  std::vector<int> counts(kBound);
  for (int i = 0; i < kDraws; ++i) {
    ++counts.at(stream.below(kBound));
  }
  for (const int count : counts) {
    EXPECT_NEAR(count, kDraws / 7.0, 5 * std::sqrt(kDraws / 7.0));
  }
}

TEST(RandomStream, ShuffleIsAPermutation) {
  RandomStream stream(5, "shuffle");
  std::vector<std::size_t> order(101);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::vector<std::size_t> sorted = order;
  stream.shuffle(order);
  EXPECT_NE(order, sorted);
  EXPECT_TRUE(std::is_permutation(order.begin(), order.end(), sorted.begin()));
}

}  // namespace
}  // namespace yates
