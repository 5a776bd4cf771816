// SPDX-License-Identifier: Apache-2.0
// Power of two-sided t tests by the exact noncentral t, and what follows from it: the smallest
// detectable effect, the number of seeds, errors of sign and size.
#pragma once

#include <cstdint>
#include <optional>

#include "launcher/study/sign_size.hpp"
#include "launcher/study/t_inference.hpp"

namespace yates::study {

/// Probability that |T| exceeds its critical value when the true effect is `shift` standard errors.
double t_test_power(double shift, double df, double alpha);

/// The true effect, in the unit of `se`, that the test finds with probability `power`. NaN without
/// a standard error.
double minimum_detectable_effect(double se, double df, double alpha, double power);

/// Where the error variance of a planned study comes from; fixes the degrees of freedom.
struct ReplicationPlan {
  Method method = Method::Pooled;  ///< PerSeedT, Blocked or Pooled.
  std::size_t cells = 4;           ///< Cells whose error is pooled.
  double squared_length = 4;       ///< Sum of squared contrast weights.
  double alpha = 0.05;
};

/// Degrees of freedom with n seeds per cell: n - 1, (cells - 1)(n - 1), cells (n - 1).
double planned_df(const ReplicationPlan& plan, std::int64_t n);

/// Power to find `effect` with n seeds per cell and run standard deviation `sigma`.
double planned_power(const ReplicationPlan& plan, double effect, double sigma, std::int64_t n);

/// The fewest seeds per cell (at least 2) with the wanted power; nothing above `most`.
std::optional<std::int64_t> planned_seeds(const ReplicationPlan& plan,
                                          double effect,
                                          double sigma,
                                          double power,
                                          std::int64_t most = 10000);

/// The smallest effect found with the wanted power at n seeds per cell.
double planned_mde(const ReplicationPlan& plan, double sigma, double power, std::int64_t n);

/// Power of the equivalence test (two one-sided tests at alpha) when the true effect is zero.
double equivalence_power(double delta, double se, double df, double alpha);

/// The errors of sign and size if the true effect were `effect`.
SignSizeErrors sign_size_errors(double effect, double se, double df, double alpha);

}  // namespace yates::study
