// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/box.hpp"

#include <algorithm>
#include <cmath>

namespace yates::io {
namespace {

/// Branch-free over the row, so that the compiler vectorises it.
template <typename T>
bool any_nonzero(const T* row, std::int64_t count) {
  int found = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    found |= row[i] != T{0} ? 1 : 0;
  }
  return found != 0;
}

void include(std::array<std::int64_t, 2>& range, std::int64_t low, std::int64_t high) {
  range[0] = std::min(range[0], low);
  range[1] = std::max(range[1], high);
}

/// Widens the x range by one row that holds something.
template <typename T>
void widen(const T* row, std::int64_t width, std::array<std::int64_t, 2>& range) {
  std::int64_t low = 0;
  while (low < range[0] && row[low] == T{0}) {
    ++low;
  }
  std::int64_t high = width;
  while (high > range[1] && row[high - 1] == T{0}) {
    --high;
  }
  include(range, low, high);
}

/// Sum of `value(i)` for i < count, by blocks: the error grows with the number of blocks and the
/// length of one, not with their product.
template <typename Value>
double blocked_sum(std::size_t count, Value value) {
  constexpr std::size_t kBlock = 1024;
  double total = 0;
  for (std::size_t start = 0; start < count; start += kBlock) {
    double partial = 0;
    for (std::size_t i = start; i < std::min(count, start + kBlock); ++i) {
      partial += value(i);
    }
    total += partial;
  }
  return total;
}

}  // namespace

bool is_empty(const Box& box) {
  return std::any_of(
      box.begin(), box.end(), [](const auto& range) { return range[0] >= range[1]; });
}

template <typename T>
void grow_to_nonzero(std::span<const T> volume,
                     const std::array<std::int64_t, 3>& shape,
                     Box& box) {
  const auto [depth, height, width] = shape;
  if (is_empty(box)) {
    box = {{{depth, 0}, {height, 0}, {width, 0}}};
  }
  for (std::int64_t z = 0; z < depth; ++z) {
    for (std::int64_t y = 0; y < height; ++y) {
      const T* row = volume.data() + (z * height + y) * width;
      if (any_nonzero(row, width)) {
        include(box[0], z, z + 1);
        include(box[1], y, y + 1);
        widen(row, width, box[2]);
      }
    }
  }
  if (is_empty(box)) {
    box = {};
  }
}

template void grow_to_nonzero<std::int16_t>(std::span<const std::int16_t>,
                                            const std::array<std::int64_t, 3>&,
                                            Box&);
template void grow_to_nonzero<float>(std::span<const float>,
                                     const std::array<std::int64_t, 3>&,
                                     Box&);

Moments moments_of(std::span<const std::int16_t> values) {
  if (values.empty()) {
    return {};
  }
  std::int64_t sum = 0;
  std::int64_t squares = 0;  // At most 2^30 each: no overflow below 2^33 values.
  for (const std::int16_t value : values) {
    const std::int64_t v = value;
    sum += v;
    squares += v * v;
  }
  __extension__ using Wide = __int128;
  const auto n = static_cast<std::int64_t>(values.size());
  const Wide spread = static_cast<Wide>(n) * squares - static_cast<Wide>(sum) * sum;
  const auto count = static_cast<double>(n);
  return {.mean = static_cast<double>(sum) / count,
          .sd = std::sqrt(static_cast<double>(spread)) / count};
}

Moments moments_of(std::span<const float> values) {
  if (values.empty()) {
    return {};
  }
  const auto count = static_cast<double>(values.size());
  const double mean =
      blocked_sum(values.size(), [&](std::size_t i) { return static_cast<double>(values[i]); }) /
      count;
  const double squares = blocked_sum(values.size(), [&](std::size_t i) {
    const double deviation = static_cast<double>(values[i]) - mean;
    return deviation * deviation;
  });
  return {.mean = mean, .sd = std::sqrt(squares / count)};
}

}  // namespace yates::io
