// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/fisher_exact.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"

namespace yates::study {
namespace {

double log_choose(std::size_t n, std::size_t k) {
  return std::lgamma(static_cast<double>(n) + 1) - std::lgamma(static_cast<double>(k) + 1) -
         std::lgamma(static_cast<double>(n - k) + 1);
}

/// Sums the probabilities of all ways to spread `left` over the levels from `level` on.
double sum_tables(std::span<const std::size_t> total,
                  std::size_t level,
                  std::size_t left,
                  double log_weight,
                  double limit) {
  if (level + 1 == total.size()) {
    if (left > total[level]) {
      return 0;
    }
    const double weight = log_weight + log_choose(total[level], left);
    return weight <= limit ? std::exp(weight) : 0;
  }
  double sum = 0;
  for (std::size_t here = 0; here <= std::min(left, total[level]); ++here) {
    sum += sum_tables(
        total, level + 1, left - here, log_weight + log_choose(total[level], here), limit);
  }
  return sum;
}

}  // namespace

double fisher_exact_p(std::span<const std::size_t> bad, std::span<const std::size_t> total) {
  YATES_ASSERT(bad.size() == total.size() && !bad.empty(), "{} levels", bad.size());
  const std::size_t all_bad = std::accumulate(bad.begin(), bad.end(), std::size_t{0});
  const std::size_t all = std::accumulate(total.begin(), total.end(), std::size_t{0});
  double observed = -log_choose(all, all_bad);
  for (std::size_t level = 0; level < bad.size(); ++level) {
    observed += log_choose(total[level], bad[level]);
  }
  // Tables as likely as this one must count although their sums are rounded differently.
  constexpr double kSlack = 1e-7;
  return std::min(1.0, sum_tables(total, 0, all_bad, -log_choose(all, all_bad), observed + kSlack));
}

}  // namespace yates::study
