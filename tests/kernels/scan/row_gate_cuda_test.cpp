// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/row_gate_cuda.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "kernels/activation.hpp"
#include "kernels/simt/device.hpp"

namespace yates::kernels {
namespace {

using Values = std::vector<float>;

Values draw(std::size_t count, std::uint64_t slot) {
  RandomStream random(3, "row_gate", 0, slot);
  Values values(count);
  for (float& value : values) {
    value = static_cast<float>(random.uniform(-3, 3));
  }
  return values;
}

TEST(RowGateCuda, EqualsTheDefinition) {
  for (const std::size_t channels : {std::size_t{1}, std::size_t{33}}) {
    constexpr std::size_t kRows = 29;
    const std::size_t count = kRows * channels;
    const Values z = draw(2 * count, 0);
    const Values grad_y = draw(count, 1);
    const std::vector<Values> parts = {draw(count, 2), draw(count, 3), draw(count, 4)};
    const DeviceArray<float> device_z(z);
    const DeviceArray<float> device_grad(grad_y);
    const DeviceArray<float> first(parts[0]);
    const DeviceArray<float> second(parts[1]);
    const DeviceArray<float> third(parts[2]);
    DeviceArray<float> sum(count);
    DeviceArray<float> y(count);
    DeviceArray<float> grad_sum(count);
    DeviceArray<float> grad_z(Values(2 * count, 777));
    const RowGateOrders gate{.rows = kRows,
                             .channels = static_cast<std::int64_t>(channels),
                             .z_stride = 2 * static_cast<std::int64_t>(channels),
                             .orders = 3,
                             .order_y = {first.data(), second.data(), third.data()},
                             .z = device_z.data()};
    row_gate_forward_cuda(gate, sum.data(), y.data(), nullptr);
    row_gate_backward_cuda(
        gate, sum.data(), device_grad.data(), grad_sum.data(), grad_z.data(), nullptr);
    const Values got_sum = sum.host();
    const Values got_y = y.host();
    const Values got_grad_sum = grad_sum.host();
    const Values got_grad_z = grad_z.host();
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t wide = i / channels * 2 * channels + i % channels;
      const double joined = static_cast<double>(parts[0][i]) + static_cast<double>(parts[1][i]) +
                            static_cast<double>(parts[2][i]);
      const auto gate_z = static_cast<double>(z[wide]);
      const auto grad = static_cast<double>(grad_y[i]);
      EXPECT_NEAR(got_sum[i], joined, 2e-6);
      EXPECT_NEAR(got_y[i], joined * silu(gate_z), 1e-5);
      EXPECT_NEAR(got_grad_sum[i], grad * silu(gate_z), 1e-5);
      EXPECT_NEAR(got_grad_z[wide], grad * joined * silu_derivative(gate_z), 2e-5);
      EXPECT_EQ(got_grad_z[wide + channels], 777);
    }
  }
}

}  // namespace
}  // namespace yates::kernels
