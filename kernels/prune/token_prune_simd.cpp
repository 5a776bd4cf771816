// SPDX-License-Identifier: Apache-2.0
// Compiled once per instruction set (kernels/simd/lanes.hpp).
#include "kernels/prune/token_prune_simd.hpp"

#include "kernels/simd/lanes.hpp"

namespace yates::kernels::YATES_SIMD {
namespace {

constexpr std::int64_t kRowsPerPartial = 64;
constexpr std::int64_t W = kLanes;

float norm_of_row(const float* row, std::int64_t channels) {
  Lanes squares{};
  for (std::int64_t c = 0; c < channels; c += W) {
    const Lanes value = load_some(row + c, channels - c);
    squares += value * value;
  }
  float lanes[W];
  store(lanes, squares);
  for (std::int64_t half = W / 2; half > 0; half /= 2) {
    for (std::int64_t i = 0; i < half; ++i) {
      lanes[i] += lanes[i + half];
    }
  }
  return __builtin_sqrtf(lanes[0]);
}

void add_row(const float* row, std::int64_t channels, float* sum) {
  for (std::int64_t c = 0; c < channels; c += W) {
    const std::int64_t left = channels - c;
    store_some(sum + c, load_some(sum + c, left) + load_some(row + c, left), left);
  }
}

}  // namespace

void row_norms(const RowNorms& task) {
  for (std::int64_t row = 0; row < task.rows; ++row) {
    task.norms[row] = norm_of_row(task.x + row * task.channels, task.channels);
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
