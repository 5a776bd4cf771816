// SPDX-License-Identifier: Apache-2.0
// The second half of every sum over tokens: adds the blocks' partial sums in a fixed order.
#pragma once

#include "kernels/simt/simt.cuh"

namespace yates::kernels {

inline constexpr unsigned kPartColumns = 32;
inline constexpr unsigned kPartRows = 8;

/// For a block of kPartColumns x kPartRows threads: the sum over i < count of
/// parts[i * stride + column], in eight interleaved sums and then these in order. `column` follows
/// from threadIdx.x alone, or is -1 for none; all threads of the block call this. The result is
/// valid where threadIdx.y == 0.
__device__ inline float sum_of_parts(const float* parts,
                                     std::int64_t count,
                                     std::int64_t stride,
                                     std::int64_t column) {
  SIMT_SHARED(float, partial, kPartRows* kPartColumns);
  float sum = 0.0F;
  for (std::int64_t i = threadIdx.y; column >= 0 && i < count; i += kPartRows) {
    sum += parts[i * stride + column];
  }
  partial[threadIdx.y * kPartColumns + threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y == 0) {
    for (unsigned row = 1; row < kPartRows; ++row) {
      sum += partial[row * kPartColumns + threadIdx.x];
    }
  }
  __syncthreads();
  return sum;
}

}  // namespace yates::kernels
