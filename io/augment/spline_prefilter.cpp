// SPDX-License-Identifier: Apache-2.0
#include "io/augment/spline_prefilter.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace yates::io {
namespace {

constexpr std::size_t kColumns = 64;
constexpr std::size_t kLanes = 4;
constexpr std::size_t kHorizon = 32;  // |pole|^32 < 1e-18
const double kPole = std::sqrt(3.0) - 2.0;

/// First coefficient of the causal pass: the sum over the mirrored signal, times the gain.
/// `width` is a constant of the call, so that the loops over columns become vectors.
template <typename Width>
void start(const float* data, std::size_t rows, std::size_t stride, Width width, float* sum) {
  const double around = std::pow(kPole, static_cast<double>(2 * rows - 2));
  const double scale = 6 / (1 - around);
  std::fill_n(sum, width, 0.0F);
  double power = 1;
  for (std::size_t i = 0; i < std::min(rows, kHorizon); ++i, power *= kPole) {
    const bool end = i == 0 || i + 1 == rows;
    const auto weight = static_cast<float>(scale * (end ? power : power + around / power));
    for (std::size_t x = 0; x < width; ++x) {
      sum[x] += weight * data[i * stride + x];
    }
  }
}

template <typename Width>
void filter_columns(float* data, std::size_t rows, std::size_t stride, Width width) {
  const auto pole = static_cast<float>(kPole);
  std::array<float, kColumns> carry{};
  start(data, rows, stride, width, carry.data());
  std::copy_n(carry.begin(), width, data);
  for (std::size_t i = 1; i < rows; ++i) {
    float* row = data + i * stride;
    for (std::size_t x = 0; x < width; ++x) {
      carry[x] = 6.0F * row[x] + pole * carry[x];
      row[x] = carry[x];
    }
  }
  const auto last = static_cast<float>(kPole / (kPole * kPole - 1));
  float* end = data + (rows - 1) * stride;
  for (std::size_t x = 0; x < width; ++x) {
    carry[x] = last * (end[x] + pole * (end - stride)[x]);
    end[x] = carry[x];
  }
  for (std::size_t i = rows - 1; i-- > 0;) {
    float* row = data + i * stride;
    for (std::size_t x = 0; x < width; ++x) {
      carry[x] = pole * (carry[x] - row[x]);
      row[x] = carry[x];
    }
  }
}

}  // namespace

void spline_prefilter(float* data, std::size_t rows, std::size_t stride, std::size_t width) {
  if (rows < 2) {
    return;
  }
  using Lanes = std::integral_constant<std::size_t, kLanes>;
  using Columns = std::integral_constant<std::size_t, kColumns>;
  std::size_t x = 0;
  for (; x + kColumns <= width; x += kColumns) {
    filter_columns(data + x, rows, stride, Columns{});
  }
  for (; x + kLanes <= width; x += kLanes) {
    filter_columns(data + x, rows, stride, Lanes{});
  }
  if (x < width) {
    filter_columns(data + x, rows, stride, width - x);
  }
}

}  // namespace yates::io
