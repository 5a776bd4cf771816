// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/sequential.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/error.hpp"
#include "base/random.hpp"
#include "launcher/study/distributions.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

/// |t| at each look of one path of normal draws, by running sums.
void path_statistics(const std::vector<std::int64_t>& looks,
                     std::uint64_t draw,
                     std::vector<double>& statistics) {
  RandomStream stream(0, "sequential", draw);
  double sum = 0;
  double squares = 0;
  std::int64_t n = 0;
  for (std::size_t look = 0; look < looks.size(); ++look) {
    for (; n < looks[look]; ++n) {
      const double value = stream.normal();
      sum += value;
      squares += value * value;
    }
    const auto count = static_cast<double>(n);
    const double error = (squares - sum * sum / count) / (count - 1);
    statistics[look] = std::abs(sum) / std::sqrt(count * error);
  }
}

/// A t statistic as the normal deviate of the same probability.
double as_normal(double t, double df) {
  return -normal_quantile(std::max(t_cdf(-std::abs(t), df), 1e-300));
}

}  // namespace

double spent_alpha(const std::string& spending, double alpha, double t) {
  if (spending == "pocock") {
    return alpha * std::log(1 + (std::exp(1.0) - 1) * t);
  }
  return 2 * (1 - normal_cdf(normal_quantile(1 - alpha / 2) / std::sqrt(t)));
}

std::vector<double> sequential_bounds(const SequentialPlan& plan, double alpha, std::size_t draws) {
  YATES_ASSERT(!plan.looks.empty() && plan.looks.front() >= 2, "{} looks", plan.looks.size());
  const std::size_t looks = plan.looks.size();
  std::vector<std::vector<double>> paths(draws, std::vector<double>(looks));
  for (std::size_t draw = 0; draw < draws; ++draw) {
    path_statistics(plan.looks, draw, paths[draw]);
  }
  std::vector<double> bounds;
  double spent = 0;
  for (std::size_t look = 0; look < looks; ++look) {
    const double share =
        static_cast<double>(plan.looks[look]) / static_cast<double>(plan.looks.back());
    const double total = spent_alpha(plan.spending, alpha, share);
    const auto crossing =
        static_cast<std::size_t>(std::llround((total - spent) * static_cast<double>(draws)));
    spent = total;
    std::sort(paths.begin(), paths.end(), [&](const auto& a, const auto& b) {
      return a[look] > b[look];
    });
    const std::size_t last = std::min(std::max<std::size_t>(crossing, 1), paths.size()) - 1;
    bounds.push_back(paths[last][look]);
    paths.erase(paths.begin(), paths.begin() + static_cast<std::ptrdiff_t>(last + 1));
  }
  return bounds;
}

std::vector<LookResult> evaluate_looks(const SequentialPlan& plan,
                                       const std::vector<double>& bounds,
                                       const std::vector<double>& per_seed,
                                       double delta) {
  std::vector<LookResult> results;
  const auto last = static_cast<double>(plan.looks.back());
  const double last_bound = as_normal(bounds.back(), last - 1);
  for (std::size_t look = 0; look < plan.looks.size(); ++look) {
    const auto n = static_cast<std::size_t>(plan.looks[look]);
    if (n > per_seed.size()) {
      break;
    }
    const std::span<const double> seen(per_seed.data(), n);
    const auto count = static_cast<double>(n);
    const double sd = standard_deviation(seen);
    LookResult result{.n = plan.looks[look],
                      .bound = bounds[look],
                      .conditional_power = std::numeric_limits<double>::quiet_NaN(),
                      .decision = "continue"};
    result.statistic = mean(seen) / (sd / std::sqrt(count));
    const double t = count / last;
    if (delta > 0 && t < 1) {
      const double drift = delta * std::sqrt(last) / sd;
      const double z = as_normal(result.statistic, count - 1);
      result.conditional_power =
          normal_cdf((z * std::sqrt(t) + drift * (1 - t) - last_bound) / std::sqrt(1 - t));
    }
    const bool crossed = std::abs(result.statistic) >= result.bound;
    if (crossed) {
      result.decision = "stop: effect";
    } else if (look + 1 == plan.looks.size()) {
      result.decision = "end: no effect shown";
    } else if (plan.futility && result.conditional_power < *plan.futility) {
      result.decision = "stop: futility";
    }
    results.push_back(std::move(result));
    if (crossed) {
      break;
    }
  }
  return results;
}

}  // namespace yates::study
