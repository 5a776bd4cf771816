// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/sequential.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/error.hpp"
#include "launcher/study/distributions.hpp"
#include "launcher/study/sequential_paths.hpp"

namespace yates::study {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
/// Fewer simulated crossings than this say less about a bound than the marginal distribution.
constexpr std::size_t kFewCrossings = 200;

double df_of(const LookModel& model, std::int64_t n) {
  return static_cast<double>(model.components) * static_cast<double>(n - 1);
}

/// A t statistic as the normal deviate of the same probability, without its sign.
double as_normal(double t, double df) {
  return -normal_quantile(std::clamp(t_cdf(-std::abs(t), df), 1e-300, 0.5));
}

/// |t| of every draw at every look, draw by draw.
std::vector<float> simulate(const SequentialPlan& plan, const LookModel& model, std::size_t draws) {
  const std::size_t looks = plan.looks.size();
  std::vector<float> statistics(draws * looks);
  for_parts(draws, [&](std::size_t begin, std::size_t end) {
    for (std::size_t draw = begin; draw < end; ++draw) {
      SeedPath path("sequential", draw, model.components, 0);
      for (std::size_t look = 0; look < looks; ++look) {
        path.grow(plan.looks[look]);
        statistics[draw * looks + look] = static_cast<float>(std::abs(path.statistic()));
      }
    }
  });
  return statistics;
}

/// The draws that have crossed no bound yet.
class Survivors {
 public:
  Survivors(std::vector<float> statistics, std::size_t looks)
      : statistics_(std::move(statistics)), looks_(looks) {
    for (std::size_t draw = 0; draw < statistics_.size() / looks_; ++draw) {
      alive_.push_back(draw);
    }
  }

  /// The value at `look` that `crossing` of the survivors reach.
  [[nodiscard]] double bound(std::size_t look, std::size_t crossing) const {
    std::vector<float> values;
    values.reserve(alive_.size());
    for (const std::size_t draw : alive_) {
      values.push_back(at(draw, look));
    }
    const auto last = static_cast<std::ptrdiff_t>(std::min(crossing, values.size()) - 1);
    std::nth_element(values.begin(), values.begin() + last, values.end(), std::greater<>());
    return static_cast<double>(values[static_cast<std::size_t>(last)]);
  }

  void remove(std::size_t look, double bound) {
    std::erase_if(alive_,
                  [&](std::size_t draw) { return static_cast<double>(at(draw, look)) >= bound; });
  }

 private:
  [[nodiscard]] float at(std::size_t draw, std::size_t look) const {
    return statistics_[draw * looks_ + look];
  }

  std::vector<float> statistics_;
  std::size_t looks_;
  std::vector<std::size_t> alive_;
};

double t_of(const Estimate& estimate) {
  if (estimate.se > 0) {
    return estimate.estimate / estimate.se;
  }
  return estimate.estimate == 0
             ? 0
             : std::copysign(std::numeric_limits<double>::infinity(), estimate.estimate);
}

}  // namespace

double spent_alpha(const std::string& spending, double alpha, double t) {
  if (spending == "pocock") {
    return alpha * std::log(1 + (std::exp(1.0) - 1) * t);
  }
  return 2 * (1 - normal_cdf(normal_quantile(1 - alpha / 2) / std::sqrt(t)));
}

LookModel look_model(Method headline, std::size_t own_cells, std::size_t all_cells) {
  switch (headline) {
    case Method::Blocked: return {Method::Blocked, std::max<std::size_t>(own_cells, 2) - 1};
    case Method::Pooled: return {Method::Pooled, all_cells};
    default: return {Method::PerSeedT, 1};
  }
}

std::vector<double> sequential_bounds(const SequentialPlan& plan,
                                      const LookModel& model,
                                      double alpha,
                                      std::optional<std::int64_t> most,
                                      std::size_t draws) {
  YATES_ASSERT(!plan.looks.empty() && plan.looks.front() >= 2, "{} looks", plan.looks.size());
  const std::size_t looks = plan.looks.size();
  const auto whole = static_cast<double>(most.value_or(plan.looks.back()));
  const auto spent_at = [&](std::size_t look) {
    return look + 1 == looks
               ? alpha
               : spent_alpha(plan.spending, alpha, static_cast<double>(plan.looks[look]) / whole);
  };
  const double first = spent_at(0);
  std::vector<double> bounds = {t_quantile(1 - first / 2, df_of(model, plan.looks[0]))};
  if (looks == 1) {
    return bounds;
  }
  Survivors survivors(simulate(plan, model, draws), looks);
  survivors.remove(0, bounds[0]);
  for (std::size_t look = 1; look < looks; ++look) {
    const double share = spent_at(look) - spent_at(look - 1);
    const auto crossing =
        static_cast<std::size_t>(std::llround(share * static_cast<double>(draws)));
    bounds.push_back(crossing < kFewCrossings
                         ? t_quantile(1 - share / 2, df_of(model, plan.looks[look]))
                         : survivors.bound(look, crossing));
    survivors.remove(look, bounds.back());
  }
  return bounds;
}

double last_bound_deviate(const SequentialPlan& plan, const LookModel& model, double last_bound) {
  return as_normal(last_bound, df_of(model, plan.looks.back()));
}

double conditional_power(const Estimate& estimate,
                         double delta,
                         std::int64_t most,
                         const LookModel& model,
                         double last_deviate) {
  const auto n = static_cast<std::int64_t>(estimate.n);
  const double t = static_cast<double>(n) / static_cast<double>(most);
  const double sd = estimate.se * std::sqrt(static_cast<double>(n));
  if (!(delta > 0) || t >= 1 || !(sd > 0)) {
    return kNaN;
  }
  const double drift = delta * std::sqrt(static_cast<double>(most)) / sd;
  const double z = as_normal(t_of(estimate), df_of(model, n));
  return normal_cdf((z * std::sqrt(t) + drift * (1 - t) - last_deviate) / std::sqrt(1 - t));
}

std::vector<LookResult> evaluate_looks(const SequentialPlan& plan,
                                       const LookModel& model,
                                       const std::vector<double>& bounds,
                                       const std::vector<Estimate>& estimates,
                                       double delta) {
  std::vector<LookResult> results;
  const double last = last_bound_deviate(plan, model, bounds.back());
  for (std::size_t look = 0; look < std::min(plan.looks.size(), estimates.size()); ++look) {
    const Estimate& estimate = estimates[look];
    const double half = bounds[look] * estimate.se;
    LookResult result{
        .n = plan.looks[look],
        .estimate = estimate,
        .statistic = t_of(estimate),
        .bound = bounds[look],
        .repeated = {estimate.estimate - half, estimate.estimate + half},
        .conditional_power = conditional_power(estimate, delta, plan.looks.back(), model, last),
        .decision = "continue"};
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
