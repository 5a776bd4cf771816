// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/distributions.hpp"

#include <cmath>

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/non_central_f.hpp>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace yates::study {

namespace bm = boost::math;

/// Without promotion to long double, which is far slower and gains no digit that is used.
using InDouble = bm::policies::policy<bm::policies::promote_double<false>>;

using StudentsT = bm::students_t_distribution<double, InDouble>;

double normal_cdf(double x) {
  return 0.5 * std::erfc(-x / std::sqrt(2.0));
}

double normal_quantile(double p) {
  return bm::quantile(bm::normal(), p);
}

double t_cdf(double t, double df) {
  if (std::isinf(t)) {
    return t > 0 ? 1 : 0;
  }
  return std::isinf(df) ? normal_cdf(t) : bm::cdf(StudentsT(df), t);
}

double t_quantile(double p, double df) {
  return std::isinf(df) ? normal_quantile(p) : bm::quantile(StudentsT(df), p);
}

double t_two_sided(double t, double df) {
  return 2 * t_cdf(-std::abs(t), df);
}

double noncentral_t_cdf(double t, double df, double shift) {
  if (std::isinf(df)) {
    return normal_cdf(t - shift);
  }
  return shift == 0 ? t_cdf(t, df)
                    : bm::cdf(bm::non_central_t_distribution<double, InDouble>(df, shift), t);
}

double f_upper(double f, double df1, double df2) {
  if (std::isinf(f)) {
    return 0;
  }
  return bm::cdf(bm::complement(bm::fisher_f(df1, df2), f));
}

double noncentral_f_upper(double f, double df1, double df2, double lambda) {
  return bm::cdf(bm::complement(bm::non_central_f(df1, df2, lambda), f));
}

double chi_squared_quantile(double p, double df) {
  return bm::quantile(bm::chi_squared(df), p);
}

double binomial_cdf(double k, double n, double p) {
  return k < 0 ? 0 : bm::cdf(bm::binomial(n, p), k);
}

}  // namespace yates::study
