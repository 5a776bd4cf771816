// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/prune/neighbor_restore_cpu.hpp"
#include "kernels/prune/neighbor_restore_reference.hpp"
#include "tests/kernels/prune/neighbor_case.hpp"
#include "tests/support/golden_tensors.hpp"
#include "tests/support/scattered_runner.hpp"

namespace yates::kernels {
namespace {

using testing::neighbor_cases;
using testing::NeighborCase;
using testing::relative_l2;
using testing::run_scattered;

template <typename T>
struct Result {
  std::vector<T> y, grad_rows;
  explicit Result(const NeighborCase<T>& c) : y(c.grad_y.size()), grad_rows(c.rows.size()) {}
};

template <typename T>
Result<T> by_reference(const NeighborCase<T>& c) {
  Result<T> result(c);
  neighbor_restore_reference(c.shape, c.kept.data(), c.rows.data(), result.y.data());
  neighbor_restore_backward_reference(
      c.shape, c.kept.data(), c.grad_y.data(), result.grad_rows.data());
  return result;
}

template <typename T>
Result<T> fast(const NeighborCase<T>& c, const ParallelRunner& parallel) {
  Result<T> result(c);
  const auto entries = static_cast<std::size_t>(c.shape.batch * c.tokens * kNeighborDirections);
  std::vector<std::int32_t> rows(entries);
  std::vector<double> weights(entries);
  const NeighborStencil<double> stencil{rows.data(), weights.data()};
  neighbor_stencil_cpu(c.shape, c.kept.data(), stencil);
  neighbor_restore_cpu(c.shape, stencil, c.rows.data(), result.y.data(), parallel);
  neighbor_restore_backward_cpu(
      c.shape, stencil, c.grad_y.data(), result.grad_rows.data(), parallel);
  return result;
}

TEST(NeighborRestore, WeighsNeighboursByDistanceByHand) {
  const NeighborShape line{
      .batch = 1, .depth = 1, .height = 1, .width = 5, .kept = 2, .channels = 1};
  const std::vector<std::int32_t> kept = {0, 3};
  const std::vector<double> rows = {1, 4, 100};
  std::vector<double> y(5);
  neighbor_restore_reference(line, kept.data(), rows.data(), y.data());
  // Token 1: (1 / 1 + 4 / 2) / (1 + 1/2) = 2; token 2: (1 / 2 + 4) / (3/2) = 3; token 4: row 1.
  EXPECT_LE(relative_l2(y, std::vector<double>{1, 2, 3, 4, 4}), 1e-15);
  const NeighborShape cube{
      .batch = 1, .depth = 2, .height = 2, .width = 2, .kept = 1, .channels = 1};
  const std::vector<double> two = {1, 100};
  y.resize(8);
  neighbor_restore_reference(cube, kept.data(), two.data(), y.data());
  EXPECT_EQ(y, (std::vector<double>{1, 1, 1, 100, 1, 100, 100, 100}));
}

TEST(NeighborRestore, BackwardOfTheReferenceIsItsAdjoint) {
  for (const auto& c : neighbor_cases<double>()) {
    const Result<double> result = by_reference(c);
    double forward = 0;
    double backward = 0;
    for (std::size_t i = 0; i < result.y.size(); ++i) {
      forward += result.y[i] * c.grad_y[i];
    }
    for (std::size_t i = 0; i < result.grad_rows.size(); ++i) {
      backward += result.grad_rows[i] * c.rows[i];
    }
    EXPECT_NEAR(forward, backward, 1e-12 * (1 + std::abs(forward))) << c.in_words();
  }
}

TEST(NeighborRestore, EqualsTheReferenceInBothTypesWithAnyRunner) {
  for (std::size_t i = 0; i < neighbor_cases<double>().size(); ++i) {
    const auto c = neighbor_cases<double>()[i];
    const Result<double> expected = by_reference(c);
    const Result<double> twice = fast(c, run_serially);
    const auto single_case = neighbor_cases<float>()[i];
    const Result<float> single = fast(single_case, run_serially);
    const Result<float> again = fast(single_case, run_scattered);
    EXPECT_LE(relative_l2(twice.y, expected.y), 1e-15) << c.in_words();
    EXPECT_LE(relative_l2(twice.grad_rows, expected.grad_rows), 1e-14) << c.in_words();
    EXPECT_LE(relative_l2(single.y, expected.y), 1e-6) << c.in_words();
    EXPECT_LE(relative_l2(single.grad_rows, expected.grad_rows), 1e-6) << c.in_words();
    EXPECT_EQ(again.y, single.y) << c.in_words();
    EXPECT_EQ(again.grad_rows, single.grad_rows) << c.in_words();
  }
}

}  // namespace
}  // namespace yates::kernels
