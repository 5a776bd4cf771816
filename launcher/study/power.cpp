// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/power.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "launcher/study/distributions.hpp"

namespace yates::study {
namespace {

/// The argument at which an increasing function passes `target`: false position with the Illinois
/// correction, which keeps the bracket and converges faster than halving.
template <typename Function>
double solve_increasing(Function function, double target, double low, double high) {
  double at_low = function(low) - target;
  double at_high = function(high) - target;
  while (at_high < 0 && high < 1e12) {
    low = high;
    at_low = at_high;
    high *= 2;
    at_high = function(high) - target;
  }
  for (int step = 0; step < 200 && high - low > 1e-12 * high; ++step) {
    const double next = high - at_high * (high - low) / (at_high - at_low);
    const double at_next = function(next) - target;
    if (std::abs(at_next) < 1e-14) {
      return next;
    }
    if (at_next > 0) {
      at_low *= at_high > 0 && step > 0 ? 0.5 : 1;
      high = next;
      at_high = at_next;
    } else {
      at_high *= 0.5;
      low = next;
      at_low = at_next;
    }
  }
  return low + (high - low) / 2;
}

/// Averages g(s / sigma) over the distribution of the residual standard deviation, by Simpson's
/// rule over quantiles of chi-squared.
template <typename Function>
double average_over_scale(double df, Function g) {
  if (std::isinf(df)) {
    return g(1.0);
  }
  constexpr int kPoints = 2000;
  double sum = 0;
  for (int i = 0; i < kPoints; ++i) {
    const double p = (i + 0.5) / kPoints;
    sum += g(std::sqrt(chi_squared_quantile(p, df) / df));
  }
  return sum / kPoints;
}

}  // namespace

double t_test_power(double shift, double df, double alpha) {
  const double critical = t_quantile(1 - alpha / 2, df);
  const double size = std::abs(shift);
  // Far out the noncentral t is a point mass to double precision, and its series is slow.
  constexpr double kFar = 1000;
  if (size > kFar) {
    return 1;
  }
  return 1 - noncentral_t_cdf(critical, df, size) + noncentral_t_cdf(-critical, df, size);
}

double minimum_detectable_effect(double se, double df, double alpha, double power) {
  if (!std::isfinite(se) || !(df > 0)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const auto power_at = [&](double shift) { return t_test_power(shift, df, alpha); };
  // The sum of the two quantiles is close: a narrow bracket saves most of the work.
  const double guess = t_quantile(1 - alpha / 2, df) + t_quantile(std::max(power, 0.5), df);
  const double low = 0.9 * guess;
  const bool close = std::isfinite(guess) && power_at(low) < power;
  return se * solve_increasing(power_at, power, close ? low : 0, close ? 1.05 * guess : 4);
}

double planned_df(const ReplicationPlan& plan, std::int64_t n) {
  const auto replicates = static_cast<double>(n - 1);
  const auto cells = static_cast<double>(plan.cells);
  switch (plan.method) {
    case Method::PerSeedT: return replicates;
    case Method::Blocked: return (cells - 1) * replicates;
    default: return cells * replicates;
  }
}

double planned_power(const ReplicationPlan& plan, double effect, double sigma, std::int64_t n) {
  YATES_ASSERT(n >= 2 && sigma > 0, "n = {}, sigma = {}", n, sigma);
  const double se = sigma * std::sqrt(plan.squared_length / static_cast<double>(n));
  return t_test_power(effect / se, planned_df(plan, n), plan.alpha);
}

std::optional<std::int64_t> planned_seeds(
    const ReplicationPlan& plan, double effect, double sigma, double power, std::int64_t most) {
  for (std::int64_t n = 2; n <= most; ++n) {
    if (planned_power(plan, effect, sigma, n) >= power) {
      return n;
    }
  }
  return std::nullopt;
}

double planned_mde(const ReplicationPlan& plan, double sigma, double power, std::int64_t n) {
  const double se = sigma * std::sqrt(plan.squared_length / static_cast<double>(n));
  return minimum_detectable_effect(se, planned_df(plan, n), plan.alpha, power);
}

double equivalence_power(double delta, double se, double df, double alpha) {
  const double critical = t_quantile(1 - alpha, df);
  // Given the residual deviation s, the estimate must fall within delta - t s of zero.
  return average_over_scale(df, [&](double scale) {
    const double room = delta / se - critical * scale;
    return room > 0 ? 2 * normal_cdf(room) - 1 : 0.0;
  });
}

SignSizeErrors sign_size_errors(double effect, double se, double df, double alpha) {
  return SignSizeTest(df, alpha).at(effect / se);
}

}  // namespace yates::study
