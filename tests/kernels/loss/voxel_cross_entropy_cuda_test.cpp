// SPDX-License-Identifier: Apache-2.0
#include "kernels/loss/voxel_cross_entropy_cuda.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "kernels/loss/voxel_cross_entropy_reference.hpp"
#include "kernels/simt/device.hpp"
#include "tests/support/golden_tensors.hpp"

namespace yates::kernels {
namespace {

using testing::relative_l2;

struct Problem {
  CrossEntropyShape shape;
  std::vector<float> logits{}, gradient{};
  std::vector<std::int64_t> labels{};

  explicit Problem(const CrossEntropyShape& s) : shape(s) {
    RandomStream random(7, "cross entropy");
    const auto count = static_cast<std::size_t>(s.batch * s.voxels);
    logits.resize(count * static_cast<std::size_t>(s.labels));
    gradient.resize(logits.size(), 777);
    labels.resize(count);
    for (float& logit : logits) {
      logit = static_cast<float>(random.uniform(-9, 9));
    }
    for (std::int64_t& label : labels) {
      label = random.integer(0, s.labels - 1);
    }
  }

  double on_device() {
    const DeviceArray<float> device_logits(logits);
    const DeviceArray<std::int64_t> device_labels(labels);
    DeviceArray<float> loss(1);
    DeviceArray<float> device_gradient(logits.size());
    DeviceArray<float> workspace(
        static_cast<std::size_t>(voxel_cross_entropy_cuda_workspace(shape)));
    voxel_cross_entropy_cuda(shape,
                             {device_logits.data(), device_labels.data()},
                             loss.data(),
                             device_gradient.data(),
                             workspace.data(),
                             nullptr);
    gradient = device_gradient.host();
    return static_cast<double>(loss.host().front());
  }
};

TEST(VoxelCrossEntropyCuda, EqualsTheReferenceAtAwkwardSizes) {
  for (const std::int64_t voxels : {1, 2, 31, 33, 129, 5000}) {
    for (const std::int64_t labels : {1, 4, 17}) {
      Problem p({.batch = 2, .labels = labels, .voxels = voxels});
      std::vector<double> logits(p.logits.begin(), p.logits.end());
      std::vector<double> gradient(logits.size());
      const double loss = voxel_cross_entropy_reference<double>(
          p.shape, {logits.data(), p.labels.data()}, gradient.data());
      EXPECT_NEAR(p.on_device(), loss, 1e-6 * (1 + loss)) << voxels << " " << labels;
      EXPECT_LE(relative_l2(p.gradient, gradient), 2e-6) << voxels << " " << labels;
    }
  }
}

TEST(VoxelCrossEntropyCuda, GivesTheSameBitsInEveryOrderOfExecution) {
  Problem first({.batch = 2, .labels = 4, .voxels = 9000});
  const double loss = first.on_device();
  for (const std::uint64_t schedule : test_schedules()) {
    use_schedule(schedule);
    Problem again(first.shape);
    EXPECT_EQ(again.on_device(), loss);
    EXPECT_EQ(again.gradient, first.gradient);
  }
}

TEST(VoxelCrossEntropyCuda, KeepsNanInItsVoxelAndAnswersUnknownLabelsWithIt) {
  for (const bool unknown_label : {false, true}) {
    Problem p({.batch = 1, .labels = 2, .voxels = 40});
    if (unknown_label) {
      p.labels[0] = 2;
    } else {
      p.logits[40] = std::numeric_limits<float>::quiet_NaN();
    }
    EXPECT_TRUE(std::isnan(p.on_device()));
    EXPECT_TRUE(std::isnan(p.gradient[0]) && std::isnan(p.gradient[40]));
    EXPECT_TRUE(std::isfinite(p.gradient[1]) && std::isfinite(p.gradient[41]));
  }
}

TEST(VoxelCrossEntropyCuda, OfNothingIsNan) {
  Problem p({.batch = 0, .labels = 4, .voxels = 8});
  EXPECT_TRUE(std::isnan(p.on_device()));
}

}  // namespace
}  // namespace yates::kernels
