// SPDX-License-Identifier: Apache-2.0
#include "kernels/optim/sgd_cuda.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/optim/sgd_reference.hpp"
#include "kernels/simt/device.hpp"
#include "tests/kernels/optim/sgd_case.hpp"
#include "tests/support/golden_tensors.hpp"

namespace yates::kernels {
namespace {

using testing::kSgdSizes;
using testing::relative_l2;
using testing::SgdCase;

/// Norm and one update on the device; the tensors of the case are overwritten. Returns the norm.
float run_on_device(SgdCase<float>& c, float loss_scale, double clip_norm, float skip = 0) {
  std::vector<DeviceArray<float>> arrays;
  std::vector<SgdTensor<float>> tensors = c.tensors();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    tensors[i].parameter = arrays.emplace_back(c.parameters[i]).data();
    const float* gradient = arrays.emplace_back(c.gradients[i]).data();
    tensors[i].gradient = tensors[i].gradient == nullptr ? nullptr : gradient;
    tensors[i].velocity = arrays.emplace_back(c.velocities[i]).data();
  }
  const DeviceArray<SgdTensor<float>> parts(sgd_parts(tensors));
  const auto count = static_cast<std::int64_t>(parts.size());
  const DeviceArray<float> known(std::vector<float>{loss_scale, skip});
  DeviceArray<double> sums(parts.size());
  DeviceArray<float> norm(1);
  gradient_norm_cuda(parts.data(), count, known.data(), sums.data(), norm.data(), nullptr);
  sgd_cuda(parts.data(),
           count,
           c.step,
           clip_norm,
           {.norm = norm.data(), .loss_scale = known.data(), .skip = known.data() + 1},
           nullptr);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    c.parameters[i] = arrays[3 * i].host();
    c.velocities[i] = arrays[3 * i + 2].host();
  }
  return norm.host().front();
}

TEST(SgdCuda, ClipsUnscalesAndUpdatesAsTheReference) {
  for (const double clip_norm : {0.0, 3.0, 1e9}) {
    SgdCase<double> expected(kSgdSizes);
    const double norm = std::sqrt(square_sum_reference<double>(expected.tensors())) / 4;
    const double factor = clip_norm == 3.0 ? 3.0 / (norm + 1e-6) : 1.0;
    expected.step.gradient_scale *= factor / 4;
    sgd_reference<double>(expected.tensors(), expected.step);
    SgdCase<float> c(kSgdSizes);
    EXPECT_NEAR(run_on_device(c, 4, clip_norm), norm, 1e-7 * norm);
    for (std::size_t i = 0; i < kSgdSizes.size(); ++i) {
      EXPECT_LE(relative_l2(c.parameters[i], expected.parameters[i]), 1e-6) << i;
      EXPECT_LE(relative_l2(c.velocities[i], expected.velocities[i]), 1e-6) << i;
    }
  }
}

TEST(SgdCuda, GivesTheSameBitsInEveryOrderOfExecution) {
  SgdCase<float> first({129, 33, 20000});
  const float norm = run_on_device(first, 1, 3.0);
  for (const std::uint64_t schedule : test_schedules()) {
    use_schedule(schedule);
    SgdCase<float> again({129, 33, 20000});
    EXPECT_EQ(run_on_device(again, 1, 3.0), norm);
    EXPECT_EQ(again.parameters, first.parameters);
    EXPECT_EQ(again.velocities, first.velocities);
  }
}

TEST(SgdCuda, WritesNothingWhereTheNormIsNotFiniteOrTheVerdictSaysSo) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const float value : {kNan, std::numeric_limits<float>::infinity(), 1.0F}) {
    SgdCase<float> c({40, 1, 300});
    c.gradients[2][299] = value;
    const SgdCase<float> before = c;
    const float norm = run_on_device(c, 1, 3.0, std::isfinite(value) ? 1.0F : 0.0F);
    EXPECT_EQ(std::isfinite(norm), std::isfinite(value));
    EXPECT_EQ(c.parameters, before.parameters);
    EXPECT_EQ(c.velocities, before.velocities);
  }
}

}  // namespace
}  // namespace yates::kernels
