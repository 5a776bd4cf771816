// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/summary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace yates::study {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A running sum and the rounding error lost from it.
class CompensatedSum {
 public:
  void add(double value) {
    const double next = sum_ + value;
    const bool larger = std::abs(sum_) >= std::abs(value);
    lost_ += larger ? (sum_ - next) + value : (value - next) + sum_;
    sum_ = next;
  }
  [[nodiscard]] double value() const { return std::isfinite(sum_) ? sum_ + lost_ : sum_; }

 private:
  double sum_ = 0;
  double lost_ = 0;
};

}  // namespace

double compensated_sum(std::span<const double> values) {
  CompensatedSum sum;
  for (const double value : values) {
    sum.add(value);
  }
  return sum.value();
}

double mean(std::span<const double> values) {
  if (values.empty()) {
    return kNaN;
  }
  const auto n = static_cast<double>(values.size());
  const double first = compensated_sum(values) / n;
  CompensatedSum rest;
  for (const double value : values) {
    rest.add(value - first);
  }
  return std::isfinite(first) ? first + rest.value() / n : first;
}

double squared_deviations(std::span<const double> values) {
  if (values.empty()) {
    return 0;
  }
  const double center = mean(values);
  CompensatedSum squares;
  CompensatedSum rest;
  for (const double value : values) {
    const double deviation = value - center;
    squares.add(deviation * deviation);
    rest.add(deviation);
  }
  const double correction = rest.value() * rest.value() / static_cast<double>(values.size());
  return std::max(0.0, squares.value() - correction);
}

double variance(std::span<const double> values) {
  return values.size() < 2 ? kNaN
                           : squared_deviations(values) / static_cast<double>(values.size() - 1);
}

double standard_deviation(std::span<const double> values) {
  return std::sqrt(variance(values));
}

double sorted_quantile(std::span<const double> values, double p) {
  if (values.empty()) {
    return kNaN;
  }
  const double place = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(place));
  const std::size_t above = std::min(below + 1, values.size() - 1);
  const double share = place - static_cast<double>(below);
  return share == 0 ? values[below] : values[below] + share * (values[above] - values[below]);
}

double quantile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  return sorted_quantile(values, p);
}

double median(std::vector<double> values) {
  if (values.empty()) {
    return kNaN;
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) {
    return *middle;
  }
  const double below = *std::max_element(values.begin(), middle);
  return below + 0.5 * (*middle - below);
}

}  // namespace yates::study
