// SPDX-License-Identifier: Apache-2.0
// Compiled once per instruction set (kernels/simd/lanes.hpp).
#include "kernels/scan/row_gate_simd.hpp"

#include "kernels/simd/lanes.hpp"

namespace yates::kernels::YATES_SIMD {

void row_gate_block_forward(const RowGateBlock& block) {
  for (std::int64_t row = 0; row < block.rows; ++row) {
    const float* z = block.z + row * block.z_stride;
    for (std::int64_t c = 0; c < block.channels; c += kLanes) {
      const std::int64_t left = block.channels - c;
      const std::int64_t place = row * block.channels + c;
      const Lanes gate = load_some(z + c, left);
      store_some(block.y + place, load_some(block.sum + place, left) * gate * sigmoid(gate), left);
    }
  }
}

void row_gate_block_backward(const RowGateBlock& block) {
  for (std::int64_t row = 0; row < block.rows; ++row) {
    for (std::int64_t c = 0; c < block.channels; c += kLanes) {
      const std::int64_t left = block.channels - c;
      const std::int64_t place = row * block.channels + c;
      const std::int64_t z_place = row * block.z_stride + c;
      const Lanes z = load_some(block.z + z_place, left);
      const Lanes q = sigmoid(z);
      const Lanes grad = load_some(block.grad_y + place, left);
      const Lanes sum = load_some(block.sum + place, left);
      store_some(block.grad_sum + place, grad * z * q, left);
      store_some(block.grad_z + z_place, grad * sum * (q + z * q * (1.0F - q)), left);
    }
  }
}

}  // namespace yates::kernels::YATES_SIMD
