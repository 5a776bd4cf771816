// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/sign_size.hpp"

#include <cmath>
#include <limits>

#include "launcher/study/distributions.hpp"
#include "launcher/study/power.hpp"

namespace yates::study {
namespace {

double normal_density(double x) {
  return std::exp(-x * x / 2) / std::sqrt(2 * 3.14159265358979323846);
}

}  // namespace

SignSizeTest::SignSizeTest(double df, double alpha) : df_(df), alpha_(alpha) {
  const double critical = t_quantile(1 - alpha / 2, df);
  if (std::isinf(df)) {
    criticals_ = {critical};
    weights_ = {1};
    return;
  }
  // Simpson's rule over s / sigma, whose square is chi-squared over df.
  constexpr double kTail = 1e-13;
  constexpr int kIntervals = 400;
  const double low = std::sqrt(chi_squared_quantile(kTail, df) / df);
  const double high = std::sqrt(chi_squared_quantile(1 - kTail, df) / df);
  double total = 0;
  for (int i = 0; i <= kIntervals; ++i) {
    const double scale = low + (high - low) * i / kIntervals;
    // Relative to its value near s = sigma, so that no factor overflows.
    const double log_density = (df - 1) * std::log(scale) - df * (scale * scale - 1) / 2;
    const double simpson = i == 0 || i == kIntervals ? 1 : i % 2 == 1 ? 4 : 2;
    criticals_.push_back(critical * scale);
    weights_.push_back(simpson * std::exp(log_density));
    total += weights_.back();
  }
  for (double& weight : weights_) {
    weight /= total;
  }
}

SignSizeErrors SignSizeTest::at(double shift) const {
  const double size = std::abs(shift);
  if (!(size > 0) || std::isinf(size)) {
    constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
    return {kNaN, kNaN, kNaN};
  }
  double wrong = 0;
  double length = 0;
  for (std::size_t i = 0; i < criticals_.size(); ++i) {
    // E|Z + shift| beyond +-c, Z standard normal.
    const double c = criticals_[i];
    const double below = normal_cdf(-c - size);
    wrong += weights_[i] * below;
    length += weights_[i] * (normal_density(c - size) + size * normal_cdf(size - c) +
                             normal_density(-c - size) - size * below);
  }
  SignSizeErrors errors;
  errors.power = t_test_power(size, df_, alpha_);
  errors.wrong_sign = wrong / errors.power;
  errors.exaggeration = length / errors.power / size;
  return errors;
}

}  // namespace yates::study
