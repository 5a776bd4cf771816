// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/row_gate_cuda.hpp"
#include "kernels/simt/simt.cuh"

namespace yates::kernels {
namespace {

constexpr unsigned kThreads = 256;

__device__ inline float sigmoid_of(float x) {
  return 1.0F / (1.0F + expf(-x));
}

/// The element of this thread, or -1; z_place receives its place in rows of z.
__device__ inline std::int64_t element_of(const RowGateOrders& gate, std::int64_t& z_place) {
  const std::int64_t i = std::int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (i >= gate.rows * gate.channels) {
    return -1;
  }
  const std::int64_t row = static_cast<unsigned>(i) / static_cast<unsigned>(gate.channels);
  z_place = row * gate.z_stride + (i - row * gate.channels);
  return i;
}

__global__ void gate_forward_kernel(const __grid_constant__ RowGateOrders gate,
                                    float* sum,
                                    float* y) {
  std::int64_t z_place = 0;
  const std::int64_t i = element_of(gate, z_place);
  if (i < 0) {
    return;
  }
  float joined = gate.order_y[0][i];
  joined += gate.orders > 1 ? gate.order_y[1][i] : 0.0F;
  joined += gate.orders > 2 ? gate.order_y[2][i] : 0.0F;
  const float z = gate.z[z_place];
  sum[i] = joined;
  y[i] = joined * z * sigmoid_of(z);
}

__global__ void gate_backward_kernel(const __grid_constant__ RowGateOrders gate,
                                     const float* sum,
                                     const float* grad_y,
                                     float* grad_sum,
                                     float* grad_z) {
  std::int64_t z_place = 0;
  const std::int64_t i = element_of(gate, z_place);
  if (i < 0) {
    return;
  }
  const float z = gate.z[z_place];
  const float q = sigmoid_of(z);
  grad_sum[i] = grad_y[i] * z * q;
  grad_z[z_place] = grad_y[i] * sum[i] * (q + z * q * (1.0F - q));
}

dim3 grid_of(const RowGateOrders& gate) {
  require_launch(gate.rows * gate.channels < std::int64_t{1} << 32,
                 "row gate: fewer than 2^32 elements");
  return {static_cast<unsigned>((gate.rows * gate.channels + kThreads - 1) / kThreads)};
}

}  // namespace

void row_gate_forward_cuda(const RowGateOrders& gate, float* sum, float* y, Stream stream) {
  require_launch(gate.orders >= 1 && gate.orders <= 3, "row gate: 1 to 3 orders");
  launch(gate_forward_kernel, grid_of(gate), dim3(kThreads), 0, stream, gate, sum, y);
}

void row_gate_backward_cuda(const RowGateOrders& gate,
                            const float* sum,
                            const float* grad_y,
                            float* grad_sum,
                            float* grad_z,
                            Stream stream) {
  launch(gate_backward_kernel,
         grid_of(gate),
         dim3(kThreads),
         0,
         stream,
         gate,
         sum,
         grad_y,
         grad_sum,
         grad_z);
}

}  // namespace yates::kernels
