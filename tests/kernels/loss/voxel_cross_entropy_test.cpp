// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "kernels/loss/voxel_cross_entropy_cpu.hpp"
#include "kernels/loss/voxel_cross_entropy_reference.hpp"
#include "tests/support/golden_tensors.hpp"
#include "tests/support/scattered_runner.hpp"

namespace yates::kernels {
namespace {

using testing::relative_l2;
using testing::run_scattered;

template <typename T>
struct Problem {
  CrossEntropyShape shape;
  std::vector<T> logits{}, gradient{};
  std::vector<std::int64_t> labels{};

  explicit Problem(const CrossEntropyShape& s) : shape(s) {
    RandomStream random(7, "cross entropy");
    const auto count = static_cast<std::size_t>(s.batch * s.voxels);
    logits.resize(count * static_cast<std::size_t>(s.labels));
    gradient.resize(logits.size(), T(777));
    labels.resize(count);
    for (T& logit : logits) {
      logit = static_cast<T>(static_cast<float>(random.uniform(-9, 9)));
    }
    for (std::int64_t& label : labels) {
      label = random.integer(0, s.labels - 1);
    }
  }

  double reference() {
    return voxel_cross_entropy_reference<T>(shape, {logits.data(), labels.data()}, gradient.data());
  }
  double fast(const ParallelRunner& parallel, Isa isa) {
    return voxel_cross_entropy_cpu(
        shape, {logits.data(), labels.data()}, gradient.data(), parallel, isa);
  }
};

TEST(VoxelCrossEntropy, EqualsTheReferenceAtAwkwardSizesOnEveryInstructionSet) {
  for (const std::int64_t voxels : {1, 2, 31, 33, 129, 5000}) {
    for (const std::int64_t labels : {1, 2, 4, 17}) {
      const CrossEntropyShape shape{.batch = 2, .labels = labels, .voxels = voxels};
      Problem<double> expected(shape);
      const double loss = expected.reference();
      for (const Isa isa : available_isas()) {
        Problem<float> p(shape);
        EXPECT_NEAR(p.fast(run_serially, isa), loss, 1e-7 * (1 + std::abs(loss)))
            << isa_name(isa) << ", voxels " << voxels << ", labels " << labels;
        EXPECT_LE(relative_l2(p.gradient, expected.gradient), 1e-6) << isa_name(isa);
      }
    }
  }
}

TEST(VoxelCrossEntropy, GradientOfTheReferenceEqualsDifferences) {
  Problem<double> p({.batch = 2, .labels = 4, .voxels = 3});
  p.reference();
  const std::vector<double> gradient = p.gradient;
  constexpr double kStep = 1e-5;
  for (std::size_t i = 0; i < p.logits.size(); ++i) {
    const double kept = p.logits[i];
    p.logits[i] = kept + kStep;
    const double above = p.reference();
    p.logits[i] = kept - kStep;
    const double below = p.reference();
    p.logits[i] = kept;
    EXPECT_NEAR(gradient[i], (above - below) / (2 * kStep), 1e-9) << i;
  }
}

TEST(VoxelCrossEntropy, GivesTheSameBitsForEveryRunner) {
  for (const Isa isa : available_isas()) {
    Problem<float> p({.batch = 2, .labels = 4, .voxels = 20000});
    const double loss = p.fast(run_serially, isa);
    const std::vector<float> gradient = p.gradient;
    for (int repetition = 0; repetition < 3; ++repetition) {
      EXPECT_EQ(p.fast(run_scattered, isa), loss);
      EXPECT_EQ(p.gradient, gradient);
    }
  }
}

TEST(VoxelCrossEntropy, StaysFiniteForLargeAndInfiniteLogits) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  for (const Isa isa : available_isas()) {
    Problem<float> p({.batch = 1, .labels = 3, .voxels = 2});
    p.logits = {1e30F, 0, -1e30F, 0, 0, -kInf};
    p.labels = {0, 1};
    EXPECT_NEAR(p.fast(run_serially, isa), std::log(2.0) / 2, 1e-7) << isa_name(isa);
    EXPECT_NEAR(p.gradient[0], 0, 1e-30);
    EXPECT_FLOAT_EQ(p.gradient[3], -0.25F);
    p.labels = {1, 1};
    EXPECT_GT(p.fast(run_serially, isa), 4e29);
  }
}

TEST(VoxelCrossEntropy, KeepsNanInItsVoxel) {
  for (const Isa isa : available_isas()) {
    for (const std::size_t place : {0U, 40U}) {
      Problem<float> p({.batch = 1, .labels = 2, .voxels = 40});
      p.logits[place] = std::numeric_limits<float>::quiet_NaN();
      EXPECT_TRUE(std::isnan(p.fast(run_serially, isa)));
      EXPECT_TRUE(std::isnan(p.gradient[0]) && std::isnan(p.gradient[40]));
      EXPECT_TRUE(std::isfinite(p.gradient[1]) && std::isfinite(p.gradient[41]));
    }
  }
}

TEST(VoxelCrossEntropy, OfNothingIsNan) {
  Problem<float> p({.batch = 0, .labels = 4, .voxels = 8});
  EXPECT_TRUE(std::isnan(p.fast(run_serially, best_isa())));
  EXPECT_TRUE(std::isnan(p.reference()));
}

TEST(VoxelCrossEntropy, NamesTheFirstLabelOutOfRange) {
  Problem<float> p({.batch = 2, .labels = 4, .voxels = 5});
  p.labels[7] = 4;
  p.labels[8] = -1;
  try {
    p.fast(run_serially, best_isa());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::BadData);
    EXPECT_EQ(error.problems().front().what, "label 4");
    EXPECT_EQ(error.problems().front().where, "sample 1, voxel 2");
  }
}

}  // namespace
}  // namespace yates::kernels
