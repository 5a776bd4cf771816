// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/otsu.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.hpp"

namespace yates::io {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kMarginalScale = 100;

/// Index of the last bin of the lower class.
std::size_t best_split(const std::vector<double>& counts, double low, double width) {
  const auto centre = [&](std::size_t bin) {
    return low + (static_cast<double>(bin) + 0.5) * width;
  };
  double total = 0;
  double sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    total += counts[i];
    sum += counts[i] * centre(i);
  }
  double below = 0;
  double sum_below = 0;
  double best = -1;
  std::size_t split = 0;
  for (std::size_t i = 0; i + 1 < counts.size(); ++i) {
    below += counts[i];
    sum_below += counts[i] * centre(i);
    if (below == 0 || below == total) {
      continue;
    }
    const double difference = sum_below / below - (sum - sum_below) / (total - below);
    const double between = below * (total - below) * difference * difference;
    if (between > best) {
      best = between;
      split = i;
    }
  }
  return split;
}

}  // namespace

double otsu_threshold(std::span<const float> values, std::int64_t zeros, std::int64_t bins) {
  YATES_ASSERT(!values.empty() && bins > 1, "{} values, {} bins", values.size(), bins);
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double low = std::min(static_cast<double>(*least), zeros > 0 ? 0.0 : kInfinity);
  const double high = std::max(static_cast<double>(*most), zeros > 0 ? 0.0 : -kInfinity);
  if (low == high) {
    return low;
  }
  const auto count = static_cast<double>(bins);
  const double top = high + (high - low) / count / kMarginalScale;
  const double width = (top - low) / count;
  std::vector<double> counts(static_cast<std::size_t>(bins), 0.0);
  const auto bin_of = [&](double value) {
    const auto bin = static_cast<std::size_t>((value - low) / width);
    return std::min(bin, counts.size() - 1);
  };
  for (const float value : values) {
    ++counts[bin_of(static_cast<double>(value))];
  }
  counts[bin_of(0)] += zeros > 0 ? static_cast<double>(zeros) : 0;
  return low + static_cast<double>(best_split(counts, low, width) + 1) * width;
}

}  // namespace yates::io
