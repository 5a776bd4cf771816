// SPDX-License-Identifier: Apache-2.0
// Executes CUDA kernels on the CPU, to find mistakes of order: one block at a time in one thread of
// the process, a fiber per CUDA thread, switched only where lanes meet (shuffles, votes, barriers).
// Blocks, warps, lanes and the number of steps of each are drawn from a seed, so that a missing
// barrier shows as a wrong result under most seeds. Shared memory is filled with NaN before each
// block. It does not find bank conflicts, weak memory order or races between running blocks.
// Kernels include simt.cuh, which explains the rules.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "kernels/simt/stream.hpp"

// Types and functions of CUDA have CUDA's names.
// NOLINTBEGIN(google-explicit-constructor,readability-identifier-naming)
struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
struct float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
// NOLINTEND(google-explicit-constructor,readability-identifier-naming)

namespace yates::kernels::simt {

/// A kernel broke a rule of the machine; names the block, the threads and the source line.
class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

constexpr unsigned kWarp = 32;
/// What a block may have of shared memory, static and dynamic.
constexpr std::size_t kSharedBytes = std::size_t{160} * 1024;

/// Runs the following launches in the order that `seed` draws.
void set_seed(std::uint64_t seed);

/// Runs `thread` once per thread of every block. Throws Fault.
void run_grid(dim3 grid, dim3 block, std::size_t shared_bytes, const std::function<void()>& thread);

/// Indices of the running thread.
struct Place {
  dim3 thread, block, block_size, grid_size;
};
const Place& place();

/// Where lanes of a warp meet.
enum class Meeting : std::uint8_t { Sync, Shuffle, ShuffleUp, ShuffleDown, ShuffleXor, Ballot };

struct Source {
  const char* file;
  int line;
};

/// Waits until every lane of `mask` has come to the same meeting; returns what it gives this lane.
std::uint64_t meet(
    Meeting meeting, unsigned mask, std::uint64_t value, int argument, int width, Source source);
void wait_for_block(Source source);
/// Memory of the block that all its threads get for the same key.
void* shared_slot(const void* key, std::size_t bytes, std::size_t alignment);
void* dynamic_shared();

template <typename T, std::size_t kCount>
T (&shared_array(const void* key))
[kCount] {
  static_assert(std::is_trivially_default_constructible_v<T>);
  return *static_cast<T(*)[kCount]>(shared_slot(key, sizeof(T) * kCount, alignof(T)));
}

template <typename T>
T exchange(Meeting meeting, unsigned mask, T value, int argument, int width, Source source) {
  static_assert(std::is_arithmetic_v<T> && sizeof(T) <= sizeof(std::uint64_t));
  using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
  static_assert(sizeof(T) == sizeof(Bits));
  const std::uint64_t given =
      meet(meeting, mask, std::bit_cast<Bits>(value), argument, width, source);
  return std::bit_cast<T>(static_cast<Bits>(given));
}

}  // namespace yates::kernels::simt

// The language of CUDA. Names are those of its headers.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __grid_constant__
#define threadIdx (::yates::kernels::simt::place().thread)
#define blockIdx (::yates::kernels::simt::place().block)
#define blockDim (::yates::kernels::simt::place().block_size)
#define gridDim (::yates::kernels::simt::place().grid_size)

#define SIMT_SHARED(T, name, count)     \
  static constexpr char name##_key = 0; \
  T(&name)[count] = ::yates::kernels::simt::shared_array<T, count>(&name##_key)
#define SIMT_UNROLL
#define SIMT_NO_UNROLL
#define SIMT_DYNAMIC_SHARED(T, name) \
  T* const name = static_cast<T*>(::yates::kernels::simt::dynamic_shared())

#define SIMT_FROM const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncthreads(SIMT_FROM) {
  yates::kernels::simt::wait_for_block({file, line});
}
inline void __syncwarp(unsigned mask = 0xFFFFFFFFU, SIMT_FROM) {
  yates::kernels::simt::meet(yates::kernels::simt::Meeting::Sync, mask, 0, 0, 32, {file, line});
}
template <typename T>
T __shfl_sync(unsigned mask, T value, int lane, int width = 32, SIMT_FROM) {
  return yates::kernels::simt::exchange(
      yates::kernels::simt::Meeting::Shuffle, mask, value, lane, width, {file, line});
}
template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, SIMT_FROM) {
  return yates::kernels::simt::exchange(yates::kernels::simt::Meeting::ShuffleUp,
                                        mask,
                                        value,
                                        static_cast<int>(delta),
                                        width,
                                        {file, line});
}
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, SIMT_FROM) {
  return yates::kernels::simt::exchange(yates::kernels::simt::Meeting::ShuffleDown,
                                        mask,
                                        value,
                                        static_cast<int>(delta),
                                        width,
                                        {file, line});
}
template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32, SIMT_FROM) {
  return yates::kernels::simt::exchange(
      yates::kernels::simt::Meeting::ShuffleXor, mask, value, lanes, width, {file, line});
}
inline unsigned __ballot_sync(unsigned mask, int vote, SIMT_FROM) {
  return static_cast<unsigned>(yates::kernels::simt::meet(
      yates::kernels::simt::Meeting::Ballot, mask, vote != 0 ? 1 : 0, 0, 32, {file, line}));
}
inline int __any_sync(unsigned mask, int vote, SIMT_FROM) {
  return __ballot_sync(mask, vote, file, line) != 0 ? 1 : 0;
}
inline int __all_sync(unsigned mask, int vote, SIMT_FROM) {
  return __ballot_sync(mask, vote, file, line) == mask ? 1 : 0;
}
#undef SIMT_FROM

inline int __popc(unsigned bits) {
  return std::popcount(bits);
}
inline int __ffs(int bits) {
  return __builtin_ffs(bits);
}
inline int __clz(int bits) {
  return std::countl_zero(static_cast<unsigned>(bits));
}
template <typename T>
T __ldg(const T* address) {
  return *address;
}
inline unsigned __float_as_uint(float value) {
  return std::bit_cast<unsigned>(value);
}
inline float __uint_as_float(unsigned bits) {
  return std::bit_cast<float>(bits);
}
inline float rsqrtf(float value) {
  return 1.0F / std::sqrt(value);
}
template <typename T>
T atomicAdd(T* address, T value) {
  static_assert(std::is_integral_v<T>, "sums of floating-point numbers need a fixed order");
  const T before = *address;
  *address = static_cast<T>(before + value);
  return before;
}
template <typename T>
T atomicOr(T* address, T value) {
  static_assert(std::is_integral_v<T>);
  const T before = *address;
  *address = static_cast<T>(before | value);
  return before;
}
template <typename T>
T atomicMax(T* address, T value) {
  static_assert(std::is_integral_v<T>);
  const T before = *address;
  *address = before < value ? value : before;
  return before;
}
template <typename T>
T atomicMin(T* address, T value) {
  static_assert(std::is_integral_v<T>);
  const T before = *address;
  *address = value < before ? value : before;
  return before;
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace yates::kernels {

template <typename... P, typename... A>
void launch(void (*kernel)(P...),
            dim3 grid,
            dim3 block,
            std::size_t shared_bytes,
            Stream /*stream*/,
            const A&... arguments) {
  simt::run_grid(grid, block, shared_bytes, [&] { kernel(static_cast<P>(arguments)...); });
}

inline float fast_exp2(float x) {
  return std::exp2(x);
}
inline float fast_divide(float numerator, float denominator) {
  return numerator / denominator;
}

}  // namespace yates::kernels
