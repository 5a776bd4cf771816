// SPDX-License-Identifier: Apache-2.0
// What a sequential plan does in the long run, by simulation.
#include <cmath>
#include <vector>

#include "launcher/study/sequential.hpp"
#include "launcher/study/sequential_paths.hpp"

namespace yates::study {
namespace {

/// The end of one simulated study.
struct Stop {
  std::int64_t n = 0;
  bool effect = false;
  bool futility = false;
  bool covered = false;
  double error = 0;
};

Stop follow(const SequentialPlan& plan,
            const LookModel& model,
            const std::vector<double>& bounds,
            double shift,
            double delta_shift,
            double last_deviate,
            std::size_t draw) {
  SeedPath path("sequential outlook", draw, model.components, shift);
  Stop stop;
  for (std::size_t look = 0; look < plan.looks.size(); ++look) {
    const std::int64_t n = plan.looks[look];
    path.grow(n);
    stop.n = n;
    stop.error = path.mean() - shift;
    stop.covered = std::abs(stop.error) <= bounds[look] * path.se();
    stop.effect = std::abs(path.statistic()) >= bounds[look];
    if (stop.effect) {
      break;
    }
    if (plan.futility && delta_shift > 0) {
      const Estimate estimate{.method = model.method,
                              .estimate = path.mean(),
                              .se = path.se(),
                              .df = path.df(),
                              .n = static_cast<std::size_t>(n)};
      stop.futility =
          conditional_power(estimate, delta_shift, plan.looks.back(), model, last_deviate) <
          *plan.futility;
      if (stop.futility) {
        break;
      }
    }
  }
  return stop;
}

}  // namespace

SequentialOutlook sequential_outlook(const SequentialPlan& plan,
                                     const LookModel& model,
                                     const std::vector<double>& bounds,
                                     double shift,
                                     double delta_shift,
                                     std::size_t draws) {
  std::vector<Stop> stops(draws);
  const double last = last_bound_deviate(plan, model, bounds.back());
  for_parts(draws, [&](std::size_t begin, std::size_t end) {
    for (std::size_t draw = begin; draw < end; ++draw) {
      stops[draw] = follow(plan, model, bounds, shift, delta_shift, last, draw);
    }
  });
  SequentialOutlook outlook;
  for (const Stop& stop : stops) {
    outlook.power += stop.effect ? 1 : 0;
    outlook.expected_seeds += static_cast<double>(stop.n);
    outlook.futile += stop.futility ? 1 : 0;
    outlook.coverage += stop.covered ? 1 : 0;
    outlook.bias += stop.error;
  }
  const auto count = static_cast<double>(draws);
  for (double* value : {&outlook.power,
                        &outlook.expected_seeds,
                        &outlook.futile,
                        &outlook.coverage,
                        &outlook.bias}) {
    *value /= count;
  }
  return outlook;
}

}  // namespace yates::study
