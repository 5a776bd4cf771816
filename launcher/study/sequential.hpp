// SPDX-License-Identifier: Apache-2.0
// Group-sequential looks at one contrast: alpha is spent over the looks, with bounds for the t
// statistic calibrated by simulation, because normal bounds on a few seeds reject far too often.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "launcher/study/study_spec.hpp"

namespace yates::study {

/// Alpha spent when a share t in (0, 1] of the planned seeds is in. "obf": 2 (1 - Phi(z / sqrt t));
/// "pocock": alpha ln(1 + (e - 1) t). Source: Lan and DeMets 1983.
double spent_alpha(const std::string& spending, double alpha, double t);

/// Two-sided bounds for |t| of the per-seed contrasts at each look, df = n - 1. Pivotal, so normal
/// draws with any variance calibrate them; draws are keyed, so that equal plans have equal bounds.
/// Precondition: looks strictly ascending, the first at least 2.
std::vector<double> sequential_bounds(const SequentialPlan& plan,
                                      double alpha,
                                      std::size_t draws = 400000);

/// What one look says.
struct LookResult {
  std::int64_t n = 0;
  double statistic = 0;  ///< t of the first n seeds.
  double bound = 0;
  double conditional_power =
      0;                 ///< To cross the last bound if the effect is `delta`; NaN without one.
  std::string decision;  ///< stop: effect, stop: futility, continue, end: no effect shown
};

/// The looks that the seeds at hand allow, in the order of the seeds; none after the first stop for
/// an effect. Futility is advice and does not use up alpha.
std::vector<LookResult> evaluate_looks(const SequentialPlan& plan,
                                       const std::vector<double>& bounds,
                                       const std::vector<double>& per_seed,
                                       double delta);

}  // namespace yates::study
