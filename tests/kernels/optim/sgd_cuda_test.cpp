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

/// Clip and one update on the device; the tensors of the case are overwritten.
SgdClip run_on_device(SgdCase<float>& c, double unscale, double clip_norm) {
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
  DeviceArray<double> sums(parts.size());
  DeviceArray<SgdClip> clip(1);
  sgd_clip_cuda(parts.data(), count, unscale, clip_norm, sums.data(), clip.data(), nullptr);
  sgd_cuda(parts.data(), count, c.step, clip.data(), nullptr);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    c.parameters[i] = arrays[3 * i].host();
    c.velocities[i] = arrays[3 * i + 2].host();
  }
  return clip.host().front();
}

TEST(SgdCuda, ClipsUnscalesAndUpdatesAsTheReference) {
  for (const double clip_norm : {0.0, 3.0, 1e9}) {
    SgdCase<double> expected(kSgdSizes);
    constexpr double kUnscale = 0.25;
    const double norm = kUnscale * std::sqrt(square_sum_reference<double>(expected.tensors()));
    const double factor = clip_norm == 3.0 ? 3.0 / (norm + 1e-6) : 1.0;
    expected.step.gradient_scale *= kUnscale * factor;
    sgd_reference<double>(expected.tensors(), expected.step);
    SgdCase<float> c(kSgdSizes);
    const SgdClip clip = run_on_device(c, kUnscale, clip_norm);
    EXPECT_NEAR(clip.norm, norm, 1e-12 * norm);
    EXPECT_NEAR(clip.scale, kUnscale * factor, 1e-12);
    for (std::size_t i = 0; i < kSgdSizes.size(); ++i) {
      EXPECT_LE(relative_l2(c.parameters[i], expected.parameters[i]), 1e-6) << i;
      EXPECT_LE(relative_l2(c.velocities[i], expected.velocities[i]), 1e-6) << i;
    }
  }
}

TEST(SgdCuda, GivesTheSameBitsInEveryOrderOfExecution) {
  SgdCase<float> first({129, 33, 20000});
  const SgdClip clip = run_on_device(first, 1.0, 3.0);
  for (const std::uint64_t schedule : test_schedules()) {
    use_schedule(schedule);
    SgdCase<float> again({129, 33, 20000});
    EXPECT_EQ(run_on_device(again, 1.0, 3.0).norm, clip.norm);
    EXPECT_EQ(again.parameters, first.parameters);
    EXPECT_EQ(again.velocities, first.velocities);
  }
}

TEST(SgdCuda, WritesNothingWhereTheNormIsNotFinite) {
  for (const float value :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    SgdCase<float> c({40, 1, 300});
    c.gradients[2][299] = value;
    const SgdCase<float> before = c;
    const SgdClip clip = run_on_device(c, 1.0, 3.0);
    EXPECT_FALSE(std::isfinite(clip.norm));
    EXPECT_EQ(clip.scale, 0);
    EXPECT_EQ(c.parameters, before.parameters);
    EXPECT_EQ(c.velocities, before.velocities);
  }
}

}  // namespace
}  // namespace yates::kernels
