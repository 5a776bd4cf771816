// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/robust.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "launcher/study/distributions.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {

TrimmedMean trimmed_mean(std::vector<double> values, double share) {
  const auto n = static_cast<double>(values.size());
  // The margin keeps 0.2 x 5 = 1 although 0.2 is not a binary fraction.
  const auto cut = static_cast<std::size_t>(std::floor(share * n + 1e-9));
  YATES_ASSERT(
      share >= 0 && share < 0.5 && values.size() >= 2 * cut + 2, "{} values", values.size());
  std::sort(values.begin(), values.end());
  const std::span<const double> kept(values.data() + cut, values.size() - 2 * cut);
  TrimmedMean result;
  result.mean = mean(kept);
  result.df = static_cast<double>(kept.size()) - 1;
  const double low = kept.front();
  const double high = kept.back();
  for (double& value : values) {
    value = std::clamp(value, low, high);
  }
  const auto kept_count = static_cast<double>(kept.size());
  result.se = std::sqrt(squared_deviations(values) / (kept_count * (kept_count - 1)));
  return result;
}

double hodges_lehmann(std::span<const double> values) {
  std::vector<double> means;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = i; j < values.size(); ++j) {
      means.push_back((values[i] + values[j]) / 2);
    }
  }
  return median(std::move(means));
}

Interval median_interval(std::vector<double> values, double alpha) {
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  // Order statistics k and n + 1 - k miss the median with probability 2 P(X <= k - 1).
  std::size_t k = 0;
  while (k < values.size() / 2 && 2 * binomial_cdf(static_cast<double>(k), n, 0.5) <= alpha) {
    ++k;
  }
  if (k == 0) {
    return {};
  }
  return {values[k - 1], values[values.size() - k]};
}

}  // namespace yates::study
