// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/modes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "launcher/study/summary.hpp"

namespace yates::study {

std::vector<Cluster> gap_clusters(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  if (sorted.empty()) {
    return {};
  }
  constexpr std::size_t kFewest = 5;
  constexpr double kEuler = 0.5772156649015329;
  constexpr double kMargin = 1.25;
  double widest = std::numeric_limits<double>::infinity();
  if (sorted.size() >= kFewest) {
    const auto gaps = static_cast<double>(sorted.size() - 1);
    widest = kMargin * (sorted.back() - sorted.front()) * (std::log(gaps) + kEuler) / gaps;
  }
  std::vector<Cluster> clusters = {{sorted[0], sorted[0], 1}};
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i] - sorted[i - 1] > widest) {
      clusters.push_back({sorted[i], sorted[i], 0});
    }
    clusters.back().high = sorted[i];
    ++clusters.back().n;
  }
  return clusters;
}

double bimodality_coefficient(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  const double squares = squared_deviations(values);
  if (values.size() < 4 || squares <= 0) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const double center = mean(values);
  double third = 0;
  double fourth = 0;
  for (const double value : values) {
    const double d = value - center;
    third += d * d * d;
    fourth += d * d * d * d;
  }
  const double second = squares / n;
  const double skewness = third / n / std::pow(second, 1.5) * std::sqrt(n * (n - 1)) / (n - 2);
  const double excess =
      (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (fourth / n / (second * second) - 3) + 6);
  return (skewness * skewness + 1) / (excess + 3 * (n - 1) * (n - 1) / ((n - 2) * (n - 3)));
}

}  // namespace yates::study
