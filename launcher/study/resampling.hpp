// SPDX-License-Identifier: Apache-2.0
// Resampling: bootstrap over cases (percentile and BCa), exact enumeration, sign flips. Every draw
// is keyed by its number, so that results do not depend on threads or on how many draws are made
// before.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "launcher/study/verdict.hpp"

namespace yates::study {

/// A statistic of a sample that does not depend on its order.
using Statistic = std::function<double(std::span<const double>)>;

struct BootstrapOptions {
  std::size_t draws = 10000;
  std::uint64_t seed = 1;
  double alpha = 0.05;
};

struct BootstrapResult {
  double estimate = 0;
  double se = 0;            ///< Standard deviation of the resampled statistic.
  double bias_z = 0;        ///< z0 of BCa.
  double acceleration = 0;  ///< a of BCa, by the jackknife.
  Interval percentile;
  Interval bca;  ///< NaN where every resample falls on one side of the estimate.
};

/// For a bootstrap without BCa.
inline constexpr double kNoAcceleration = std::numeric_limits<double>::quiet_NaN();

/// Throws Error{Usage} for fewer than ten units: with so few, percentile and BCa intervals cover 73
/// to 89 % instead of 95 %.
void check_units(std::size_t units);

/// Why `check_units` refuses so few.
std::string refusal(std::size_t units);

/// The result from all resampled statistics, ascending; `acceleration` may be `kNoAcceleration`.
BootstrapResult summarize_draws(const std::vector<double>& sorted,
                                double estimate,
                                double acceleration,
                                const BootstrapOptions& options);

/// `jackknife_acceleration` of the mean, in closed form.
double mean_acceleration(std::span<const double> values);

/// Adds a constant to the estimate and its intervals.
void shift(BootstrapResult& result, double by);

/// Resamples the units (cases, never 3 to 9 seeds) with replacement.
/// Source: Efron and Tibshirani 1993, chapters 13 and 14. Throws as `check_units`.
BootstrapResult bootstrap(std::span<const double> values,
                          const Statistic& statistic,
                          const BootstrapOptions& options);

/// a = sum d^3 / (6 (sum d^2)^1.5) with d the deviations of the leave-one-out statistics.
double jackknife_acceleration(std::span<const double> values, const Statistic& statistic);

/// The statistic of all n^n equally likely resamples, ascending. Precondition: n^n <= 10^5 (n <=
/// 6).
std::vector<double> all_resamples(std::span<const double> values, const Statistic& statistic);

/// Two-sided p of "symmetric about zero" by flipping signs of all values: exact up to 2^20 flips,
/// else from `draws` keyed ones. Never below 2 / 2^n: no n <= 5 reaches 0.05.
double sign_flip_p(std::span<const double> values,
                   std::size_t draws = 100000,
                   std::uint64_t seed = 1);

}  // namespace yates::study
