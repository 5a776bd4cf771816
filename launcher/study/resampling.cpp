// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/resampling.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/random.hpp"
#include "launcher/study/distributions.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

constexpr std::size_t kFewestUnits = 10;
constexpr std::size_t kMostExactFlips = 20;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<double> resampled_statistics(std::span<const double> values,
                                         const Statistic& statistic,
                                         const BootstrapOptions& options) {
  std::vector<double> results;
  std::vector<double> sample(values.size());
  for (std::size_t draw = 0; draw < options.draws; ++draw) {
    RandomStream stream(options.seed, "bootstrap", draw);
    for (double& value : sample) {
      value = values[stream.below(values.size())];
    }
    results.push_back(statistic(sample));
  }
  std::sort(results.begin(), results.end());
  return results;
}

/// z0 from the share of resamples below the estimate, ties counted half.
double bias_correction(const std::vector<double>& sorted, double estimate) {
  const auto below = std::lower_bound(sorted.begin(), sorted.end(), estimate) - sorted.begin();
  const auto up_to = std::upper_bound(sorted.begin(), sorted.end(), estimate) - sorted.begin();
  const double share = static_cast<double>(below + up_to) / 2 / static_cast<double>(sorted.size());
  return share <= 0 || share >= 1 ? kNaN : normal_quantile(share);
}

/// The level that BCa reads instead of p.
double adjusted_level(double p, double z0, double a) {
  const double z = z0 + normal_quantile(p);
  return normal_cdf(z0 + z / (1 - a * z));
}

/// All 2^n signed sums of the values, ascending.
std::vector<double> signed_sums(std::span<const double> values) {
  std::vector<double> sums = {0};
  for (const double value : values) {
    const std::size_t count = sums.size();
    for (std::size_t i = 0; i < count; ++i) {
      sums.push_back(sums[i] - value);
      sums[i] += value;
    }
  }
  std::sort(sums.begin(), sums.end());
  return sums;
}

/// The share of all sign flips whose sum is at least `limit` in size, from the sums of two halves.
double exact_share(std::span<const double> values, double limit) {
  if (limit <= 0) {
    return 1;
  }
  const std::size_t half = values.size() / 2;
  const std::vector<double> first = signed_sums(values.first(half));
  const std::vector<double> second = signed_sums(values.subspan(half));
  std::size_t extreme = 0;
  for (const double sum : first) {
    const auto above = std::lower_bound(second.begin(), second.end(), limit - sum);
    const auto below = std::upper_bound(second.begin(), second.end(), -limit - sum);
    extreme += static_cast<std::size_t>((second.end() - above) + (below - second.begin()));
  }
  return static_cast<double>(extreme) /
         (static_cast<double>(first.size()) * static_cast<double>(second.size()));
}

}  // namespace

double jackknife_acceleration(std::span<const double> values, const Statistic& statistic) {
  std::vector<double> left_out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::vector<double> rest(values.begin(), values.end());
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
    left_out.push_back(statistic(rest));
  }
  const double center = mean(left_out);
  double squares = 0;
  double cubes = 0;
  for (const double value : left_out) {
    const double d = center - value;
    squares += d * d;
    cubes += d * d * d;
  }
  return squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
}

double mean_acceleration(std::span<const double> values) {
  const double center = mean(values);
  double squares = 0;
  double cubes = 0;
  for (const double value : values) {
    const double d = value - center;
    squares += d * d;
    cubes += d * d * d;
  }
  return squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
}

std::string refusal(std::size_t units) {
  return fmt::format(
      "{} units are too few to resample: with 3 to 8 the 95 % intervals of percentile and BCa "
      "cover 73 to 89 %; the t interval of the per-seed contrasts covers 95 %",
      units);
}

void check_units(std::size_t units) {
  if (units < kFewestUnits) {
    throw Error(ExitCode::Usage,
                Problem{.what = fmt::format("a bootstrap over {} units", units),
                        .where = "bootstrap",
                        .allowed = "at least ten: " + refusal(units),
                        .fix = "use the t interval of the per-seed contrasts"});
  }
}

BootstrapResult summarize_draws(const std::vector<double>& sorted,
                                double estimate,
                                double acceleration,
                                const BootstrapOptions& options) {
  BootstrapResult result;
  result.estimate = estimate;
  result.se = standard_deviation(sorted);
  result.bias_z = bias_correction(sorted, estimate);
  result.acceleration = acceleration;
  const double low = options.alpha / 2;
  result.percentile = {sorted_quantile(sorted, low), sorted_quantile(sorted, 1 - low)};
  if (!std::isnan(result.bias_z) && !std::isnan(acceleration)) {
    result.bca = {sorted_quantile(sorted, adjusted_level(low, result.bias_z, acceleration)),
                  sorted_quantile(sorted, adjusted_level(1 - low, result.bias_z, acceleration))};
  }
  return result;
}

void shift(BootstrapResult& result, double by) {
  result.estimate += by;
  for (Interval* interval : {&result.percentile, &result.bca}) {
    interval->low += by;
    interval->high += by;
  }
}

BootstrapResult bootstrap(std::span<const double> values,
                          const Statistic& statistic,
                          const BootstrapOptions& options) {
  check_units(values.size());
  return summarize_draws(resampled_statistics(values, statistic, options),
                         statistic(values),
                         jackknife_acceleration(values, statistic),
                         options);
}

std::vector<double> all_resamples(std::span<const double> values, const Statistic& statistic) {
  const std::size_t n = values.size();
  double count = 1;
  for (std::size_t i = 0; i < n; ++i) {
    count *= static_cast<double>(n);
  }
  YATES_ASSERT(n > 0 && count <= 1e5, "{} units", n);
  std::vector<double> results;
  std::vector<double> sample(n);
  for (std::size_t code = 0; code < static_cast<std::size_t>(count); ++code) {
    std::size_t rest = code;
    for (double& value : sample) {
      value = values[rest % n];
      rest /= n;
    }
    results.push_back(statistic(sample));
  }
  std::sort(results.begin(), results.end());
  return results;
}

double sign_flip_p(std::span<const double> values, std::size_t draws, std::uint64_t seed) {
  const std::size_t n = values.size();
  double observed = 0;
  double scale = 0;
  for (const double value : values) {
    observed += value;
    scale += std::abs(value);
  }
  // Sums of the same values in another order may differ in the last bits.
  const double limit = std::abs(observed) - 1e-12 * scale;
  if (n <= kMostExactFlips) {
    return exact_share(values, limit);
  }
  std::size_t extreme = 0;
  for (std::size_t flip = 0; flip < draws; ++flip) {
    RandomStream stream(seed, "sign-flip", flip);
    double sum = 0;
    for (const double value : values) {
      sum += (stream.next_u32() & 1U) != 0 ? -value : value;
    }
    extreme += std::abs(sum) >= limit ? 1 : 0;
  }
  // Among drawn flips the data themselves count as one more.
  return static_cast<double>(extreme + 1) / static_cast<double>(draws + 1);
}

}  // namespace yates::study
