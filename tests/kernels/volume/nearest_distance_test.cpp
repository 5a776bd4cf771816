// SPDX-License-Identifier: Apache-2.0
#include "kernels/volume/nearest_distance.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "kernels/volume/distance_transform.hpp"
#include "tests/kernels/volume/random_mask.hpp"

namespace yates::kernels {
namespace {

void expect_equal_to_transform(const std::vector<std::uint8_t>& targets,
                               const Shape3& shape,
                               const Spacing3& spacing,
                               std::int64_t query_step) {
  std::vector<double> expected(targets.size());
  squared_distance_transform(targets.data(), shape, spacing, expected.data());
  std::vector<std::int64_t> queries;
  for (std::int64_t voxel = 0; voxel < voxel_count(shape); voxel += query_step) {
    queries.push_back(voxel);
  }
  std::vector<double> squared(queries.size(), -1.0);
  nearest_squared_distances(targets.data(), shape, spacing, queries, squared);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const double wanted = expected[static_cast<std::size_t>(queries[i])];
    if (std::isinf(wanted)) {
      EXPECT_EQ(squared[i], wanted);
    } else {
      EXPECT_NEAR(squared[i], wanted, 1e-12 * (1.0 + wanted)) << "voxel " << queries[i];
    }
  }
}

TEST(NearestDistance, EqualsTheTransformForNearTargets) {
  for (const Shape3& shape : testing::kAwkwardShapes) {
    for (const double density : {0.0, 0.02, 0.3}) {
      const auto targets = testing::random_mask(shape, density, 2);
      expect_equal_to_transform(targets, shape, {1, 1, 1}, 1);
      expect_equal_to_transform(targets, shape, {3.1, 0.7, 1.3}, 3);
    }
  }
}

TEST(NearestDistance, FindsTargetsBeyondTheSearchedRows) {
  const Shape3 shape = {70, 40, 30};
  std::vector<std::uint8_t> targets(static_cast<std::size_t>(voxel_count(shape)), 0);
  targets.front() = 1;
  targets[(60 * 40 + 39) * 30 + 3] = 1;
  expect_equal_to_transform(targets, shape, {1, 1, 1}, 1);
  expect_equal_to_transform(targets, shape, {1, 1, 1}, 977);
  expect_equal_to_transform(targets, shape, {0.2, 4.0, 1.0}, 977);
}

TEST(NearestDistance, OfNoTargetIsInfinite) {
  const std::vector<std::uint8_t> none(60, 0);
  const std::vector<std::int64_t> queries = {0, 59};
  std::vector<double> squared(2);
  nearest_squared_distances(none.data(), {3, 4, 5}, {1, 1, 1}, queries, squared);
  EXPECT_EQ(squared[0], std::numeric_limits<double>::infinity());
  EXPECT_EQ(squared[1], std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace yates::kernels
