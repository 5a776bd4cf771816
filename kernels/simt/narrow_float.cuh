// SPDX-License-Identifier: Apache-2.0
// The types of narrow_float.hpp inside a kernel.
#pragma once

#include <type_traits>

#include "kernels/simt/narrow_float.hpp"
#include "kernels/simt/simt.cuh"

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#endif

namespace yates::kernels {

/// V as float32, exact.
template <typename V>
__device__ float load(V value) {
#ifdef __CUDACC__
  if constexpr (sizeof(V) == sizeof(float)) {
    return value;
  } else if constexpr (std::is_same_v<V, Float16>) {
    return __half2float(__ushort_as_half(value.bits));
  } else {
    return __bfloat162float(__ushort_as_bfloat16(value.bits));
  }
#else
  return widened(value);
#endif
}

/// The nearest V, ties to even.
template <typename V>
__device__ V store(float value) {
#ifdef __CUDACC__
  if constexpr (sizeof(V) == sizeof(float)) {
    return value;
  } else if constexpr (std::is_same_v<V, Float16>) {
    return {__half_as_ushort(__float2half_rn(value))};
  } else {
    return {__bfloat16_as_ushort(__float2bfloat16_rn(value))};
  }
#else
  return narrowed<V>(value);
#endif
}

}  // namespace yates::kernels
