// SPDX-License-Identifier: Apache-2.0
// The distributions of inference, as plain functions of doubles (computed by Boost.Math).
#pragma once

namespace yates::study {

/// P(Z <= x) of the standard normal.
double normal_cdf(double x);
/// x with P(Z <= x) = p, p in (0, 1).
double normal_quantile(double p);

/// P(T <= t) with df > 0 degrees of freedom; df may be fractional, and infinite for the normal.
double t_cdf(double t, double df);
/// t with P(T <= t) = p, p in (0, 1).
double t_quantile(double p, double df);
/// P(|T| >= |t|).
double t_two_sided(double t, double df);

/// P(T <= t) of the noncentral t with noncentrality `shift`.
double noncentral_t_cdf(double t, double df, double shift);

/// P(F >= f) with (df1, df2) degrees of freedom.
double f_upper(double f, double df1, double df2);
/// P(F >= f) of the noncentral F with noncentrality `lambda`.
double noncentral_f_upper(double f, double df1, double df2, double lambda);

/// x with P(chi-squared <= x) = p.
double chi_squared_quantile(double p, double df);

/// P(X <= k) for X binomial(n, p).
double binomial_cdf(double k, double n, double p);

}  // namespace yates::study
