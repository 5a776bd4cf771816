// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/verdict.hpp"

#include <algorithm>
#include <cmath>

#include "launcher/study/distributions.hpp"

namespace yates::study {
namespace {

/// difference / se, with 0 / 0 = 0.
double ratio(double difference, double se) {
  if (se > 0) {
    return difference / se;
  }
  return difference == 0 ? 0 : std::copysign(std::numeric_limits<double>::infinity(), difference);
}

bool has_interval(const Estimate& estimate) {
  return std::isfinite(estimate.se) && estimate.df > 0;
}

}  // namespace

Interval t_interval(const Estimate& estimate, double alpha) {
  if (!has_interval(estimate)) {
    return {};
  }
  const double half = estimate.se * t_quantile(1 - alpha / 2, estimate.df);
  return {estimate.estimate - half, estimate.estimate + half};
}

double two_sided_p(const Estimate& estimate) {
  if (!has_interval(estimate)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return std::min(1.0, t_two_sided(ratio(estimate.estimate, estimate.se), estimate.df));
}

double equivalence_p(const Estimate& estimate, double delta) {
  if (!has_interval(estimate)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const double above_low = ratio(estimate.estimate + delta, estimate.se);
  const double below_high = ratio(delta - estimate.estimate, estimate.se);
  return t_cdf(-std::min(above_low, below_high), estimate.df);
}

std::string to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::Positive: return "positive";
    case Verdict::Negative: return "negative";
    case Verdict::Equivalent: return "equivalent";
    case Verdict::Inconclusive: return "inconclusive";
  }
  return "inconclusive";
}

Verdict verdict(const Estimate& estimate,
                double alpha,
                std::optional<double> delta,
                bool higher_is_better) {
  if (!has_interval(estimate)) {
    return Verdict::Inconclusive;
  }
  if (two_sided_p(estimate) < alpha) {
    return (estimate.estimate > 0) == higher_is_better ? Verdict::Positive : Verdict::Negative;
  }
  if (delta && equivalence_p(estimate, *delta) < alpha) {
    return Verdict::Equivalent;
  }
  return Verdict::Inconclusive;
}

}  // namespace yates::study
