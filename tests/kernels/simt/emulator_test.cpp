// SPDX-License-Identifier: Apache-2.0
// The emulator finds planted mistakes and runs right kernels right, in every order.
#include "kernels/simt/emulator.hpp"

#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/simt/simt.cuh"

namespace yates::kernels {
namespace {

constexpr unsigned kFull = 0xFFFFFFFFU;
using simt::Fault;
using Ints = std::vector<int>;

/// The text of the fault that `run` ends with under some seed.
template <typename Run>
std::string fault_of(const Run& run) {
  simt::set_seed(5);
  try {
    run();
  } catch (const Fault& fault) {
    return fault.what();
  }
  return "no fault";
}

#define EXPECT_SAYS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

/// In how many of `seeds` orders a kernel gives the wrong answer.
template <typename Wrong>
int wrong_orders(const Wrong& wrong, std::uint64_t seeds = 40) {
  int count = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    simt::set_seed(seed);
    count += wrong() ? 1 : 0;
  }
  return count;
}

/// Sums of each block: shuffles inside warps, shared memory between them.
template <bool kBarrier>
__global__ void block_sum_kernel(const unsigned* values, unsigned* sums) {
  SIMT_SHARED(unsigned, of_warp, 32);
  unsigned sum = values[blockIdx.x * blockDim.x + threadIdx.x];
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    sum += __shfl_xor_sync(kFull, sum, lanes);
  }
  if (threadIdx.x % 32 == 0) {
    of_warp[threadIdx.x / 32] = sum;
  }
  if constexpr (kBarrier) {
    __syncthreads();
  }
  if (threadIdx.x == 0) {
    for (unsigned i = 1; i < blockDim.x / 32; ++i) {
      sum += of_warp[i];
    }
    sums[blockIdx.x] = sum;
  }
}

template <bool kBarrier>
bool block_sum_is_wrong() {
  std::vector<unsigned> values(4 * 128, 1);
  std::vector<unsigned> sums(4);
  launch(block_sum_kernel<kBarrier>, dim3(4), dim3(128), 0, nullptr, values.data(), sums.data());
  return sums != std::vector<unsigned>(4, 128);
}

TEST(Emulator, FindsAMissingBarrierAlsoBehindABlockThatLeftTheSameValues) {
  EXPECT_EQ(wrong_orders(block_sum_is_wrong<true>), 0);
  EXPECT_GE(wrong_orders(block_sum_is_wrong<false>), 36);
}

/// Each lane passes its number to its neighbour through shared memory.
template <bool kSync>
__global__ void rotate_kernel(int* out) {
  SIMT_DYNAMIC_SHARED(int, slot);
  const unsigned warp = threadIdx.x / 32 * 32;
  slot[threadIdx.x] = static_cast<int>(threadIdx.x);
  if constexpr (kSync) {
    __syncwarp();
  }
  out[threadIdx.x] = slot[warp + (threadIdx.x + 1) % 32];
}

template <bool kSync>
bool rotate_is_wrong() {
  Ints out(96, -1);
  launch(rotate_kernel<kSync>, dim3(1), dim3(96), 96 * sizeof(int), nullptr, out.data());
  for (int i = 0; i < 96; ++i) {
    if (out[static_cast<std::size_t>(i)] != i / 32 * 32 + (i + 1) % 32) {
      return true;
    }
  }
  return false;
}

TEST(Emulator, FindsAMissingWarpBarrier) {
  EXPECT_EQ(wrong_orders(rotate_is_wrong<true>), 0);
  EXPECT_EQ(wrong_orders(rotate_is_wrong<false>), 40);
}

/// A warp barrier where warps exchange: not enough.
__global__ void cross_warp_kernel(int* out) {
  SIMT_SHARED(int, slot, 64);
  slot[threadIdx.x] = static_cast<int>(threadIdx.x);
  __syncwarp();
  out[threadIdx.x] = slot[(threadIdx.x + 32) % 64];
}

TEST(Emulator, DoesNotTakeAWarpBarrierForABarrierOfTheBlock) {
  const auto wrong = [] {
    Ints out(64, -1);
    launch(cross_warp_kernel, dim3(1), dim3(64), 0, nullptr, out.data());
    Ints expected(64);
    std::iota(expected.begin(), expected.begin() + 32, 32);
    std::iota(expected.begin() + 32, expected.end(), 0);
    return out != expected;
  };
  EXPECT_GE(wrong_orders(wrong), 36);
}

__global__ void reads_unwritten_kernel(float* out) {
  SIMT_SHARED(float, slot, 2);
  slot[0] = 1;
  out[0] = slot[0];
  out[1] = slot[1];
}

TEST(Emulator, SharedMemoryHoldsNanBeforeItIsWritten) {
  std::vector<float> out(2);
  launch(reads_unwritten_kernel, dim3(1), dim3(1), 0, nullptr, out.data());
  EXPECT_EQ(out[0], 1);
  EXPECT_TRUE(std::isnan(out[1]));
}

__global__ void misuse_kernel(int mistake) {
  const unsigned lane = threadIdx.x;
  if (mistake == 0 && lane == 7) {
    return;
  }
  if (mistake == 1 && lane >= 16) {
    __shfl_sync(0x0000FFFFU, 1, 0);
  }
  if (mistake == 2 && lane >= 16) {
    __syncthreads();
  }
  if (mistake == 3) {
    __shfl_down_sync(0x0000FFFFU << (lane / 16 * 16), 1, 1);
  }
  __shfl_sync(kFull, 1, 0);
}

std::string misuse(int mistake, unsigned threads = 32) {
  return fault_of([&] { launch(misuse_kernel, dim3(1), dim3(threads), 0, nullptr, mistake); });
}

TEST(Emulator, NamesTheLaneThatAShuffleMisses) {
  EXPECT_SAYS(misuse(0), "lane 7 is missing from __shfl_sync with mask 0xffffffff at ");
  EXPECT_SAYS(misuse(0), "it has ended");
  EXPECT_SAYS(misuse(-1, 20), "lane 20 is missing");
  EXPECT_SAYS(misuse(-1, 20), "there is no such thread");
  EXPECT_SAYS(misuse(1), "calls __shfl_sync");
  EXPECT_SAYS(misuse(1), "which leaves it out");
  EXPECT_SAYS(misuse(2), "it waits in __syncthreads at ");
  EXPECT_SAYS(misuse(3), "lane 15 reads lane 16 in __shfl_down_sync");
  EXPECT_EQ(misuse(-1), "no fault");
}

__global__ void leaves_before_barrier_kernel() {
  if (threadIdx.x == 33) {
    return;
  }
  __syncthreads();
}

TEST(Emulator, NamesThreadsThatAreGoneBeforeABarrier) {
  const std::string text =
      fault_of([] { launch(leaves_before_barrier_kernel, dim3(2), dim3(64), 0, nullptr); });
  EXPECT_SAYS(text, "1 threads, the first is 33, had ended when others came to __syncthreads at ");
  EXPECT_SAYS(text, "emulator_test.cpp");
}

TEST(Emulator, RefusesTooMuchSharedMemoryAndTooManyThreads) {
  Ints out(64);
  EXPECT_SAYS(
      fault_of([&] { launch(cross_warp_kernel, dim3(1), dim3(64), 164000, nullptr, out.data()); }),
      "bytes of shared memory");
  EXPECT_SAYS(
      fault_of([] { launch(leaves_before_barrier_kernel, dim3(1), dim3(1025), 0, nullptr); }),
      "1025 threads");
}

/// Everything that lanes can exchange, in widths below a warp as well.
__global__ void exchange_kernel(int* out) {
  const int lane = static_cast<int>(threadIdx.x);
  int* row = out + lane * 7;
  row[0] = __shfl_sync(kFull, lane, 3);
  row[1] = __shfl_up_sync(kFull, lane, 2);
  row[2] = __shfl_down_sync(kFull, lane, 2);
  row[3] = __shfl_xor_sync(kFull, lane, 1);
  row[4] = __shfl_sync(kFull, lane, 3, 8);
  row[5] = static_cast<int>(__ballot_sync(kFull, lane < 4));
  row[6] = __any_sync(kFull, lane == 9) + 2 * __all_sync(kFull, lane == 9);
}

TEST(Emulator, ExchangesLikeTheMachine) {
  Ints out(32 * 7);
  simt::set_seed(1);
  launch(exchange_kernel, dim3(1), dim3(32), 0, nullptr, out.data());
  EXPECT_EQ(Ints(out.begin(), out.begin() + 7), (Ints{3, 0, 2, 1, 3, 15, 1}));
  EXPECT_EQ(Ints(out.begin() + 63, out.begin() + 70), (Ints{3, 7, 11, 8, 11, 15, 1}));
  EXPECT_EQ(Ints(out.begin() + 217, out.end()), (Ints{3, 29, 31, 30, 27, 15, 1}));
}

__global__ void last_block_kernel(int* out) {
  out[0] = static_cast<int>(blockIdx.x + gridDim.x * blockIdx.y);
}

TEST(Emulator, RunsBlocksInChangingOrder) {
  const auto last_is_not_last = [] {
    int last = -1;
    launch(last_block_kernel, dim3(3, 2), dim3(1), 0, nullptr, &last);
    return last != 5;
  };
  EXPECT_GE(wrong_orders(last_is_not_last), 20);
}

TEST(Emulator, RepeatsAnOrder) {
  const auto orders = [](std::uint64_t seed) {
    std::vector<unsigned> visited;
    simt::set_seed(seed);
    simt::run_grid(dim3(2), dim3(64), 0, [&] { visited.push_back(simt::place().thread.x); });
    return visited;
  };
  EXPECT_EQ(orders(3), orders(3));
  EXPECT_NE(orders(3), orders(4));
}

}  // namespace
}  // namespace yates::kernels
