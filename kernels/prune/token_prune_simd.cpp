// SPDX-License-Identifier: Apache-2.0
// Compiled once per instruction set (kernels/simd/lanes.hpp).
#include "kernels/prune/token_prune_simd.hpp"

#include "kernels/simd/lanes.hpp"

namespace yates::kernels::YATES_SIMD {
namespace {

constexpr std::int64_t kRowsPerPartial = 64;
constexpr std::int64_t W = kLanes;

Lanes squares_of_row(const float* row, std::int64_t channels) {
  Lanes squares{};
  std::int64_t c = 0;
  for (; c + W <= channels; c += W) {
    const Lanes value = load(row + c);
    squares += value * value;
  }
  if (c < channels) {
    const Lanes value = load_some(row + c, channels - c);
    squares += value * value;
  }
  return squares;
}

void add_row(const float* row, std::int64_t channels, float* sum) {
  for (std::int64_t c = 0; c < channels; c += W) {
    const std::int64_t left = channels - c;
    store_some(sum + c, load_some(sum + c, left) + load_some(row + c, left), left);
  }
}

}  // namespace

void row_norms(const RowNorms& task) {
  constexpr std::int64_t kRows = 8;
  float squares[kRows * W] = {};
  float sums[kRows];
  for (std::int64_t row = 0; row < task.rows; row += kRows) {
    const std::int64_t count = task.rows - row < kRows ? task.rows - row : kRows;
    for (std::int64_t i = 0; i < count; ++i) {
      store(squares + i * W, squares_of_row(task.x + (row + i) * task.channels, task.channels));
    }
    eight_lane_sums(squares, sums);
    for (std::int64_t i = 0; i < count; ++i) {
      task.norms[row + i] = __builtin_sqrtf(sums[i]);
    }
  }
}

void row_sum(const RowSum& task) {
  const auto bytes = static_cast<std::size_t>(task.channels) * sizeof(float);
  std::memset(task.sum, 0, bytes);
  for (std::int64_t first = 0; first < task.count; first += kRowsPerPartial) {
    const std::int64_t end =
        task.count < first + kRowsPerPartial ? task.count : first + kRowsPerPartial;
    std::memset(task.partial, 0, bytes);
    for (std::int64_t i = first; i < end; ++i) {
      add_row(task.x + task.rows[i] * task.channels, task.channels, task.partial);
    }
    add_row(task.partial, task.channels, task.sum);
  }
}

}  // namespace yates::kernels::YATES_SIMD
