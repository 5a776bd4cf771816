// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/optim/sgd_cpu.hpp"
#include "kernels/optim/sgd_reference.hpp"
#include "tests/kernels/optim/sgd_case.hpp"
#include "tests/support/golden_tensors.hpp"
#include "tests/support/scattered_runner.hpp"

namespace yates::kernels {
namespace {

using testing::kSgdSizes;
using testing::relative_l2;
using testing::run_scattered;
using testing::SgdCase;

TEST(Sgd, EqualsTheReferenceAtAwkwardSizesOnEveryInstructionSet) {
  for (const Isa isa : available_isas()) {
    SgdCase<double> expected(kSgdSizes);
    SgdCase<float> c(kSgdSizes);
    for (int step = 0; step < 2; ++step) {
      sgd_reference<double>(expected.tensors(), expected.step);
      sgd_cpu(c.tensors(), c.step, run_serially, isa);
    }
    for (std::size_t i = 0; i < kSgdSizes.size(); ++i) {
      // Two steps, 1e-6 each.
      EXPECT_LE(relative_l2(c.parameters[i], expected.parameters[i]), 2e-6) << isa_name(isa);
      EXPECT_LE(relative_l2(c.velocities[i], expected.velocities[i]), 2e-6) << isa_name(isa);
    }
  }
}

TEST(Sgd, TwoNesterovStepsByHand) {
  double p = 2;
  double v = 0;
  const double gradient = 1;
  const SgdStep step{.lr = 0.1, .momentum = 0.5, .weight_decay = 0.25, .gradient_scale = 0.5};
  // g = 0.5 + 0.5 = 1, v = 1, p = 2 - 0.1 (1 + 0.5)
  sgd_reference<double>(std::vector<SgdTensor<double>>{{&p, &gradient, &v, 1}}, step);
  EXPECT_DOUBLE_EQ(v, 1.0);
  EXPECT_DOUBLE_EQ(p, 1.85);
  // g = 0.4625, v = 0.9625, p = 1.85 - 0.1 (0.4625 + 0.48125)
  sgd_reference<double>(std::vector<SgdTensor<double>>{{&p, nullptr, &v, 1}}, step);
  EXPECT_DOUBLE_EQ(v, 0.9625);
  EXPECT_DOUBLE_EQ(p, 1.755625);
}

TEST(Sgd, GivesTheSameBitsForEveryRunner) {
  for (const Isa isa : available_isas()) {
    SgdCase<float> first(kSgdSizes);
    const double norm = square_sum_cpu(first.tensors(), run_serially, isa);
    sgd_cpu(first.tensors(), first.step, run_serially, isa);
    for (int repetition = 0; repetition < 3; ++repetition) {
      SgdCase<float> again(kSgdSizes);
      EXPECT_EQ(square_sum_cpu(again.tensors(), run_scattered, isa), norm);
      sgd_cpu(again.tensors(), again.step, run_scattered, isa);
      EXPECT_EQ(again.parameters, first.parameters);
      EXPECT_EQ(again.velocities, first.velocities);
    }
  }
}

TEST(Sgd, SquareSumEqualsTheReference) {
  for (const Isa isa : available_isas()) {
    SgdCase<float> c(kSgdSizes);
    const double expected = square_sum_reference<float>(c.tensors());
    EXPECT_NEAR(square_sum_cpu(c.tensors(), run_serially, isa), expected, 1e-12 * expected);
    EXPECT_EQ(square_sum_cpu({}, run_serially, isa), 0.0);
  }
}

TEST(Sgd, NanStaysInItsElementAndIsSeenInTheNorm) {
  for (const Isa isa : available_isas()) {
    SgdCase<float> c({40});
    c.gradients[0][33] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_TRUE(std::isnan(square_sum_cpu(c.tensors(), run_serially, isa)));
    sgd_cpu(c.tensors(), c.step, run_serially, isa);
    for (std::size_t i = 0; i < 40; ++i) {
      EXPECT_EQ(std::isnan(c.parameters[0][i]), i == 33) << isa_name(isa);
    }
  }
}

}  // namespace
}  // namespace yates::kernels
