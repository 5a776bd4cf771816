// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/row_gate_cpu.hpp"

#include <algorithm>

#include "kernels/scan/row_gate_simd.hpp"
#include "kernels/simd/channel_slices.hpp"

namespace yates::kernels {
namespace {

constexpr std::int64_t kRowsPerBlock = 256;

RowGateBlock block_of(const RowGateShape& shape,
                      const float* sum,
                      const float* z,
                      std::int64_t block) {
  const std::int64_t first = block * kRowsPerBlock;
  return {.rows = std::min(kRowsPerBlock, shape.rows - first),
          .channels = shape.channels,
          .z_stride = shape.z_stride,
          .sum = sum + first * shape.channels,
          .z = z + first * shape.z_stride};
}

}  // namespace

void row_gate_forward_cpu(const RowGateShape& shape,
                          const float* sum,
                          const float* z,
                          float* y,
                          const ParallelRunner& parallel,
                          Isa isa) {
  const auto run = YATES_FOR_ISA(isa, row_gate_block_forward);
  parallel(divide_up(shape.rows, kRowsPerBlock), [&](std::int64_t index) {
    RowGateBlock block = block_of(shape, sum, z, index);
    block.y = y + (block.sum - sum);
    run(block);
  });
}

void row_gate_backward_cpu(const RowGateShape& shape,
                           const float* sum,
                           const float* z,
                           const float* grad_y,
                           const RowGateGradients& gradients,
                           const ParallelRunner& parallel,
                           Isa isa) {
  const auto run = YATES_FOR_ISA(isa, row_gate_block_backward);
  parallel(divide_up(shape.rows, kRowsPerBlock), [&](std::int64_t index) {
    RowGateBlock block = block_of(shape, sum, z, index);
    block.grad_y = grad_y + (block.sum - sum);
    block.grad_sum = gradients.sum + (block.sum - sum);
    block.grad_z = gradients.z + (block.z - z);
    run(block);
  });
}

}  // namespace yates::kernels
