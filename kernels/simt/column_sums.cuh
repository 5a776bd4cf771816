// SPDX-License-Identifier: Apache-2.0
// Volumes as rows of channels on a GPU: thread t of a block keeps column t % columns and walks down
// the rows, so that reads are consecutive whatever the number of channels is. Channels-first planes
// are rows of one channel.
#pragma once

#include <cstdint>

#include "kernels/simt/simt.cuh"

namespace yates::kernels {

inline constexpr unsigned kColumnThreads = 256;

/// How `problems` independent matrices (row, channel) are cut: blockIdx.x counts parts of
/// `part_rows` rows, y slices of `columns` channels, z problems. By the shape alone.
struct ColumnGrid {
  std::int64_t problems = 0;
  std::int64_t rows = 0;
  std::int64_t channels = 0;
  unsigned columns = 0;
  unsigned passes = 0;  ///< Rows that a block reads at once.
  std::int64_t part_rows = 0;
  std::int64_t parts = 0;

  ColumnGrid(std::int64_t problem_count, std::int64_t row_count, std::int64_t channel_count)
      : problems(problem_count), rows(row_count), channels(channel_count) {
    constexpr std::int64_t kRowsPerThread = 64;
    columns = channels < kColumnThreads ? static_cast<unsigned>(channels) : kColumnThreads;
    passes = kColumnThreads / columns;
    part_rows = kRowsPerThread * passes;
    parts = (rows + part_rows - 1) / part_rows;
  }

  [[nodiscard]] dim3 blocks() const {
    require_launch(problems < 65536, "fewer than 65536 planes or samples");
    return {static_cast<unsigned>(parts),
            static_cast<unsigned>((channels + columns - 1) / columns),
            static_cast<unsigned>(problems)};
  }
};

/// The share of one thread: elements first, first + stride, .. below end, all of one channel. A
/// thread without a share has none of them.
struct ColumnShare {
  std::int64_t channel = 0;
  std::int64_t first = 0;
  std::int64_t end = 0;
  std::int64_t stride = 0;

  __device__ explicit ColumnShare(const ColumnGrid& grid) {
    const std::int64_t start = std::int64_t{blockIdx.x} * grid.part_rows;
    const std::int64_t stop =
        start + grid.part_rows < grid.rows ? start + grid.part_rows : grid.rows;
    channel = std::int64_t{blockIdx.y} * grid.columns + threadIdx.x % grid.columns;
    stride = std::int64_t{grid.passes} * grid.channels;
    const std::int64_t base = std::int64_t{blockIdx.z} * grid.rows * grid.channels + channel;
    const bool has_share = threadIdx.x < grid.columns * grid.passes && channel < grid.channels;
    first = base + (start + threadIdx.x / grid.columns) * grid.channels;
    end = has_share ? base + stop * grid.channels : first;
  }
};

/// Rows of part i.
__device__ inline std::int64_t rows_of_part(const ColumnGrid& grid, std::int64_t i) {
  const std::int64_t left = grid.rows - i * grid.part_rows;
  return left < grid.part_rows ? left : grid.part_rows;
}

/// The sum of `value` over the threads of the same column, for all of them, in a fixed tree.
/// `scratch`: kColumnThreads floats of shared memory. All threads of the block call this.
__device__ inline float column_sum(const ColumnGrid& grid, float value, float* scratch) {
  scratch[threadIdx.x] = value;
  __syncthreads();
  const unsigned row = threadIdx.x / grid.columns;
  for (unsigned left = grid.passes; left > 1;) {
    const unsigned half = (left + 1) / 2;
    if (row + half < left) {
      scratch[threadIdx.x] += scratch[threadIdx.x + half * grid.columns];
    }
    __syncthreads();
    left = half;
  }
  const float total = scratch[threadIdx.x % grid.columns];
  __syncthreads();
  return total;
}

/// The sum of `value` over a block of kThreads, a power of two, for all of them, in a fixed tree.
/// `scratch`: kThreads values of shared memory. All threads of the block call this.
template <unsigned kThreads, typename T>
__device__ T block_sum(T value, T* scratch) {
  scratch[threadIdx.x] = value;
  __syncthreads();
  for (unsigned half = kThreads / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) {
      scratch[threadIdx.x] += scratch[threadIdx.x + half];
    }
    __syncthreads();
  }
  const T total = scratch[0];
  __syncthreads();
  return total;
}

inline constexpr unsigned kJoinThreads = 128;

/// The sum over i < count of parts[i * stride], in double and in a fixed tree, for all threads
/// of a block of kJoinThreads. `scratch`: as many doubles of shared memory. All threads call this.
template <typename T>
__device__ double part_sum(const T* parts,
                           std::int64_t count,
                           std::int64_t stride,
                           double* scratch) {
  double sum = 0;
  for (std::int64_t i = threadIdx.x; i < count; i += kJoinThreads) {
    sum += static_cast<double>(parts[i * stride]);
  }
  return block_sum<kJoinThreads>(sum, scratch);
}

}  // namespace yates::kernels
