// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/step_model.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace yates::cli {
namespace {

constexpr StepModel kTruth{
    .overhead_s = 0.25, .sample_s = 1.5, .latency_s = 2e-5, .s_per_byte = 1e-9, .in_tree = true};

StepShape step(std::int64_t ranks, double samples) {
  return {.ranks = ranks, .samples = samples, .load = 1, .bytes = 1e8, .buckets = 5};
}

StepShape reduction(std::int64_t ranks, double bytes) {
  return {
      .ranks = ranks, .samples = 0, .load = 1, .bytes = bytes, .buckets = 1, .is_reduction = true};
}

std::vector<MeasuredStep> measured(const StepModel& truth, const std::vector<StepShape>& shapes) {
  std::vector<MeasuredStep> points;
  for (const StepShape& shape : shapes) {
    points.push_back({shape, truth.seconds(shape)});
  }
  return points;
}

TEST(StepModel, CountsMessagesAndBytesOfATree) {
  // 4 ranks: two exchanges of everything; 3 ranks: up and down two levels.
  EXPECT_DOUBLE_EQ(kTruth.seconds(step(4, 2)), 0.25 + 3.0 + 5 * 2 * 2e-5 + 2 * 0.1);
  EXPECT_DOUBLE_EQ(kTruth.seconds(reduction(3, 1e6)), 4 * 2e-5 + 4 * 1e-3);
  EXPECT_DOUBLE_EQ(kTruth.seconds(step(1, 2)), 0.25 + 3.0);
  StepModel fast = kTruth;
  fast.in_tree = false;
  EXPECT_DOUBLE_EQ(fast.seconds(reduction(4, 1e6)), 4 * 2e-5 + 1.5 * 1e-3);
}

TEST(StepModel, AThreadOnHalfACoreTakesTwiceTheTime) {
  StepShape shape = step(2, 1);
  const double alone = kTruth.seconds(shape) - kTruth.overhead_s;
  shape.load = 2;
  EXPECT_DOUBLE_EQ(kTruth.seconds(shape) - kTruth.overhead_s, 2 * alone);
}

TEST(StepModel, FindsItsParametersAndForetellsOtherRankCounts) {
  const auto points = measured(
      kTruth,
      {step(1, 1), step(1, 2), step(2, 1), step(2, 2), reduction(2, 1e5), reduction(2, 1e8)});
  const StepModel model = fit_step_model(points, true);
  EXPECT_NEAR(model.overhead_s, kTruth.overhead_s, 1e-9);
  EXPECT_NEAR(model.sample_s, kTruth.sample_s, 1e-9);
  EXPECT_NEAR(model.latency_s, kTruth.latency_s, 1e-9);
  EXPECT_NEAR(model.s_per_byte, kTruth.s_per_byte, 1e-15);
  for (const double error : errors_pct(model, measured(kTruth, {step(8, 3), reduction(3, 7)}))) {
    EXPECT_NEAR(error, 0, 1e-6);
  }
}

TEST(StepModel, HasNoNegativeParameterAndTellsItsError) {
  // The second sample takes longer than the first: an unbounded fit has a negative overhead.
  std::vector<MeasuredStep> points =
      measured(kTruth, {step(1, 1), step(1, 2), step(2, 1), reduction(2, 1e5), reduction(2, 1e8)});
  points[0].seconds = 1.0;
  points[1].seconds = 3.0;
  points[2].seconds = 1.2;
  const StepModel model = fit_step_model(points, true);
  EXPECT_EQ(model.overhead_s, 0);
  EXPECT_GT(model.sample_s, 0);
  const std::vector<double> errors = errors_pct(model, points);
  EXPECT_NEAR(errors[1], 100 * (1 - model.seconds(points[1].shape) / 3.0), 1e-9);
  EXPECT_GT(errors[1], 1);
}

TEST(StepModel, RefusesPointsThatCannotTellItsParametersApart) {
  EXPECT_THROW(fit_step_model(measured(kTruth, {step(1, 1), step(1, 2)}), true), Error);
  EXPECT_THROW(fit_step_model(measured(kTruth, {step(1, 1), step(2, 1), reduction(2, 8)}), true),
               Error);
}

}  // namespace
}  // namespace yates::cli
