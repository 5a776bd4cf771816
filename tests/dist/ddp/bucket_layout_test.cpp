// SPDX-License-Identifier: Apache-2.0
#include "dist/ddp/bucket_layout.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "dist/local_communicator.hpp"

namespace yates::dist {
namespace {

std::vector<ParameterShape> four() {
  return {{"stem.weight", {3, 2}}, {"stem.bias", {}}, {"body", {5}}, {"head", {0}}};
}

TEST(BucketLayout, FillsFromTheLastParameterAndSplitsNone) {
  const BucketLayout layout(four(), 2, {.first = 4, .others = 7});
  ASSERT_EQ(layout.buckets(), 3U);
  EXPECT_EQ(layout.slice(3).bucket, 0U);
  EXPECT_EQ(layout.slice(2).bucket, 1U);
  EXPECT_EQ(layout.slice(1).begin, 5);
  EXPECT_EQ(layout.slice(0).bucket, 2U);
}

TEST(BucketLayout, PutsExtraValuesAtTheEndOfTheLastBucket) {
  const BucketLayout layout(four(), 2, {.first = 100, .others = 100});
  ASSERT_EQ(layout.buckets(), 1U);
  EXPECT_EQ(layout.elements(0), 6 + 1 + 5 + 0 + 2);
  EXPECT_EQ(layout.extra().begin, 12);
  EXPECT_EQ(layout.parameters_in(0), 4);
}

TEST(BucketLayout, ALargeParameterHasItsOwnBucket) {
  const std::vector<ParameterShape> shapes = {{"a", {1}}, {"b", {50}}, {"c", {1}}};
  const BucketLayout layout(shapes, 0, {.first = 10, .others = 10});
  EXPECT_EQ(layout.buckets(), 3U);
  EXPECT_EQ(layout.elements(1), 50);
}

TEST(BucketLayout, WithoutParametersHoldsTheExtraValues) {
  const BucketLayout layout({}, 3, {});
  EXPECT_EQ(layout.buckets(), 1U);
  EXPECT_EQ(layout.elements(0), 3);
}

TEST(BucketLayout, DigestKnowsNamesShapesAndPlaces) {
  const std::string digest = BucketLayout(four(), 1, {}).digest();
  std::vector<ParameterShape> renamed = four();
  renamed[1].name = "stem.b";
  std::vector<ParameterShape> reshaped = four();
  reshaped[0].shape = {2, 3};
  EXPECT_EQ(BucketLayout(four(), 5, {}).digest(), digest);
  EXPECT_NE(BucketLayout(renamed, 1, {}).digest(), digest);
  EXPECT_NE(BucketLayout(reshaped, 1, {}).digest(), digest);
  EXPECT_NE(BucketLayout(four(), 1, {.first = 1, .others = 1}).digest(), digest);
}

/// What rank 0 is told when rank 1 holds `other`.
std::string mismatch_with(const std::vector<ParameterShape>& other) {
  std::string text;
  run_local_ranks(3, [&](Communicator& communicator) {
    try {
      agree_on_parameters(communicator, communicator.rank() == 1 ? other : four());
    } catch (const Error& error) {
      if (communicator.rank() == 0) {
        text = error.what();
      }
    }
  });
  return text;
}

TEST(AgreeOnParameters, NamesTheFirstDifferenceOnBothRanks) {
  EXPECT_EQ(mismatch_with(four()), "");
  std::vector<ParameterShape> other = four();
  other[2].shape = {4};
  other[3].name = "tail";
  const std::string text = mismatch_with(other);
  EXPECT_NE(text.find("parameter 2 is 'body' (5) on rank 0 and 'body' (4) on rank 1"),
            std::string::npos)
      << text;
  other = four();
  other.pop_back();
  EXPECT_NE(mismatch_with(other).find("'head' (0) on rank 0 and nothing on rank 1"),
            std::string::npos);
}

}  // namespace
}  // namespace yates::dist
