// SPDX-License-Identifier: Apache-2.0
// What a kernel source (X_cuda.cu) includes, and nothing else of CUDA. nvcc compiles it for the
// GPU; g++ and clang compile the same text against the block emulator (emulator.hpp), which the
// tests run on any machine.
//
// How to write a kernel
//   #include "kernels/simt/simt.cuh"
//   template <int kWidth>                                 // static or a template, never inline
//   __global__ void row_sum_kernel(RowSumArguments a) {   // arguments: plain structs, pointers
//     SIMT_SHARED(float, tile, 256);                      // float tile[256] in shared memory
//     SIMT_DYNAMIC_SHARED(float, rows);                   // float* rows: launch's shared_bytes
//     ... threadIdx, blockIdx, blockDim, gridDim, __syncthreads(), __syncwarp(mask),
//     ... __shfl_sync, _up, _down, _xor, __ballot_sync, __any_sync, __all_sync,
//     ... __popc, __ffs, __clz, __ldg, __float_as_uint, __uint_as_float, float2, float4,
//     ... atomicAdd/Or/Max/Min on integers only: floating-point atomics do not compile here
//   }
//   launch(row_sum_kernel<4>, dim3(blocks), dim3(threads), shared_bytes, stream, arguments);
// Rules: full masks only in full warps, else name the lanes that exist; no <<<>>>, no cooperative
// groups, no inline PTX (fast_exp2 and its like stand below), no waiting for another block or
// thread in a loop, no initialised or class-type shared variables, all sums in a fixed order.
// What a lane reads that another lane wrote needs __syncwarp (same warp) or __syncthreads between.
// CMake: yates_cuda_kernels(NAME FOLDER x_cuda.cu ...) in kernels/CMakeLists.txt compiles the files
// for both; yates_kernel_test(name SOURCES ...) in tests/kernels/CMakeLists.txt runs one test
// source under the emulator (ctest NAME_simt) and links it against the real runtime
// (test_NAME_cuda, run by tools/gpu_check.sh). A test takes memory from DeviceArray and loops over
// test_schedules() (device.hpp); a kernel must give equal bits under all of them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simt/device.hpp"
#include "kernels/simt/stream.hpp"

#ifdef __CUDACC__

#include <cuda_runtime.h>

/// T name[count] in static shared memory; its first content is arbitrary.
#define SIMT_SHARED(T, name, count) __shared__ T name[count]
/// T* name: the dynamic shared memory of the launch, 16-byte aligned.
#define SIMT_DYNAMIC_SHARED(T, name)                                     \
  extern __shared__ __align__(16) unsigned char simt_dynamic_shared__[]; \
  T* const name = reinterpret_cast<T*>(simt_dynamic_shared__)

/// Before a loop with a constant number of turns whose arrays must stay in registers.
#define SIMT_UNROLL _Pragma("unroll")
#define SIMT_NO_UNROLL _Pragma("unroll 1")

namespace yates::kernels {

/// Runs `kernel` on the stream; returns without waiting. Throws Error{Internal} if the launch is
/// refused. An empty grid launches nothing.
template <typename... P, typename... A>
void launch(void (*kernel)(P...),
            dim3 grid,
            dim3 block,
            std::size_t shared_bytes,
            Stream stream,
            const A&... arguments) {
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) {
    return;
  }
  constexpr std::size_t kWithoutAsking = 48 * 1024;
  if (shared_bytes > kWithoutAsking) {
    check_device(cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                                      cudaFuncAttributeMaxDynamicSharedMemorySize,
                                      static_cast<int>(shared_bytes)),
                 "asking for shared memory");
  }
  const auto call = [&](P... values) {
    void* pointers[] = {static_cast<void*>(&values)...};
    return cudaLaunchKernel(
        reinterpret_cast<const void*>(kernel), grid, block, pointers, shared_bytes, stream);
  };
  check_device(call(arguments...), "launching a kernel");
}

/// 2^x within 2^-22 (relative); results below 2^-126 are 0.
__device__ __forceinline__ float fast_exp2(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

/// numerator / denominator within 2 ulp.
__device__ __forceinline__ float fast_divide(float numerator, float denominator) {
  return __fdividef(numerator, denominator);
}

}  // namespace yates::kernels

#else

#include "kernels/simt/emulator.hpp"

#endif
