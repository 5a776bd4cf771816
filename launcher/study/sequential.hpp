// SPDX-License-Identifier: Apache-2.0
// Group-sequential looks at one contrast: alpha is spent over the looks, with bounds for the t
// statistic calibrated by simulation, because normal bounds on a few seeds reject far too often.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "launcher/study/study_spec.hpp"
#include "launcher/study/t_inference.hpp"
#include "launcher/study/verdict.hpp"

namespace yates::study {

/// Alpha spent when a share t in (0, 1] of the planned seeds is in. "obf": 2 (1 - Phi(z / sqrt t));
/// "pocock": alpha ln(1 + (e - 1) t). Source: Lan and DeMets 1983.
double spent_alpha(const std::string& spending, double alpha, double t);

/// How the statistic at a look estimates its error: df = components (n - 1) with n seeds.
struct LookModel {
  Method method = Method::PerSeedT;
  std::size_t components = 1;
};

/// The model that looks use where `headline` is the method of the analysis: per_seed_t 1 component,
/// blocked own_cells - 1, pooled all_cells. Welch and mixed have no statistic whose distribution is
/// free of the variances; their looks use the per-seed t.
LookModel look_model(Method headline, std::size_t own_cells, std::size_t all_cells);

/// Two-sided bounds for |t| at each look. The first is exact, the others are quantiles of `draws`
/// simulated studies (normal, balanced; the statistic is free of the variance), keyed by counter,
/// so that equal plans have equal bounds on any number of threads. `most` is the planned number of
/// seeds that shares of alpha refer to (default: the last look); whatever the last look is, it
/// spends all that is left. Precondition: looks strictly ascending, the first at least 2.
std::vector<double> sequential_bounds(const SequentialPlan& plan,
                                      const LookModel& model,
                                      double alpha,
                                      std::optional<std::int64_t> most = {},
                                      std::size_t draws = 400'000);

/// The last bound as a normal deviate of the same probability, for `conditional_power`.
double last_bound_deviate(const SequentialPlan& plan, const LookModel& model, double last_bound);

/// Conditional power of Lan and Wittes: the probability of crossing the last bound if the effect is
/// as large as `delta` in the direction seen so far. `estimate` is that of n of `most` seeds. NaN
/// without a margin, without variation, and at the end.
double conditional_power(const Estimate& estimate,
                         double delta,
                         std::int64_t most,
                         const LookModel& model,
                         double last_deviate);

/// What one look says.
struct LookResult {
  std::int64_t n = 0;
  Estimate estimate = {};
  double statistic = 0;  ///< t of the first n seeds.
  double bound = 0;      ///< NaN at a look that was not planned.
  Interval repeated =
      {};  ///< estimate -+ bound se: holds at all looks together (repeated interval).
  double conditional_power = 0;  ///< NaN without a margin.
  std::string decision;          ///< stop: effect, stop: futility, continue, end: no effect shown
};

/// The looks in order, one estimate each, as far as they go; none after the first stop for an
/// effect. Futility is advice and does not use up alpha. `delta` 0: no margin.
std::vector<LookResult> evaluate_looks(const SequentialPlan& plan,
                                       const LookModel& model,
                                       const std::vector<double>& bounds,
                                       const std::vector<Estimate>& estimates,
                                       double delta);

/// What a sequential plan does when the contrast per seed has mean `shift` standard deviations.
struct SequentialOutlook {
  double power = 0;           ///< P(some bound is crossed); the size of the test where shift is 0.
  double expected_seeds = 0;  ///< Per arm, when it stops as told.
  double futile = 0;          ///< P(stopped for futility).
  double coverage = 0;        ///< P(the repeated interval at the stop holds the truth).
  double bias = 0;            ///< Mean error of the estimate at the stop, in SDs per seed.
};

/// Simulates the plan with the given bounds. `delta_shift` is the margin in SDs per seed (0: no
/// futility rule). Deterministic; draws keyed by counter, others than those of the bounds.
SequentialOutlook sequential_outlook(const SequentialPlan& plan,
                                     const LookModel& model,
                                     const std::vector<double>& bounds,
                                     double shift,
                                     double delta_shift = 0,
                                     std::size_t draws = 100'000);

}  // namespace yates::study
