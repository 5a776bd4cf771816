// SPDX-License-Identifier: Apache-2.0
#include "kernels/prune/neighbor_restore_cuda.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/prune/neighbor_restore_reference.hpp"
#include "kernels/simt/device.hpp"
#include "tests/kernels/prune/neighbor_case.hpp"
#include "tests/support/golden_tensors.hpp"

namespace yates::kernels {
namespace {

using testing::neighbor_cases;
using testing::NeighborCase;
using testing::relative_l2;

struct Result {
  std::vector<float> y, grad_rows;
};

Result run_on_device(const NeighborCase<float>& c) {
  const DeviceArray<std::int32_t> kept(c.kept);
  const DeviceArray<std::int32_t> dropped(c.dropped);
  const DeviceArray<std::int32_t> rank(c.rank);
  const DeviceArray<float> rows(c.rows);
  const DeviceArray<float> grad_y(c.grad_y);
  DeviceArray<std::int32_t> stencil_rows(kNeighborDirections * c.rank.size());
  DeviceArray<float> weights(stencil_rows.size());
  DeviceArray<float> y(c.grad_y.size());
  DeviceArray<float> grad_rows(c.rows.size());
  DeviceArray<float> workspace(static_cast<std::size_t>(neighbor_cuda_workspace(c.shape)));
  const NeighborStencil<float> stencil{stencil_rows.data(), weights.data()};
  neighbor_stencil_cuda(c.shape, rank.data(), stencil, nullptr);
  neighbor_restore_cuda(c.shape, stencil, rows.data(), y.data(), nullptr);
  neighbor_restore_backward_cuda(c.shape,
                                 {kept.data(), dropped.data(), rank.data()},
                                 stencil,
                                 grad_y.data(),
                                 grad_rows.data(),
                                 workspace.data(),
                                 nullptr);
  return {y.host(), grad_rows.host()};
}

TEST(NeighborRestoreCuda, EqualsTheReferenceWithTheSameBitsInEveryOrderOfExecution) {
  const auto doubles = neighbor_cases<double>();
  const auto singles = neighbor_cases<float>();
  for (std::size_t i = 0; i < doubles.size(); ++i) {
    const NeighborCase<double>& c = doubles[i];
    std::vector<double> y(c.grad_y.size());
    std::vector<double> grad_rows(c.rows.size());
    neighbor_restore_reference(c.shape, c.kept.data(), c.rows.data(), y.data());
    neighbor_restore_backward_reference(c.shape, c.kept.data(), c.grad_y.data(), grad_rows.data());
    const Result first = run_on_device(singles[i]);
    EXPECT_LE(relative_l2(first.y, y), 1e-6) << c.in_words();
    EXPECT_LE(relative_l2(first.grad_rows, grad_rows), 1e-6) << c.in_words();
    for (const std::uint64_t schedule : test_schedules()) {
      use_schedule(schedule);
      const Result again = run_on_device(singles[i]);
      EXPECT_EQ(again.y, first.y) << c.in_words();
      EXPECT_EQ(again.grad_rows, first.grad_rows) << c.in_words();
    }
  }
}

TEST(NeighborRestoreCuda, KeepsNanWhereItsRowIsRead) {
  NeighborCase<float> c(1, 1, 9, 3, 2);
  c.rows[2 * 3] = std::numeric_limits<float>::quiet_NaN();  // The summary's, of the first sample.
  const Result result = run_on_device(c);
  for (const float value : result.y) {
    EXPECT_TRUE(std::isfinite(value));  // On a line, everybody meets somebody.
  }
}

}  // namespace
}  // namespace yates::kernels
