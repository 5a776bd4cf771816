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

double normal_cdf(double x) {
  return bm::cdf(bm::normal(), x);
}

double normal_quantile(double p) {
  return bm::quantile(bm::normal(), p);
}

double t_cdf(double t, double df) {
  if (std::isinf(t)) {
    return t > 0 ? 1 : 0;
  }
  return std::isinf(df) ? normal_cdf(t) : bm::cdf(bm::students_t(df), t);
}

double t_quantile(double p, double df) {
  return std::isinf(df) ? normal_quantile(p) : bm::quantile(bm::students_t(df), p);
}

double t_two_sided(double t, double df) {
  return 2 * t_cdf(-std::abs(t), df);
}

double noncentral_t_cdf(double t, double df, double shift) {
  if (std::isinf(df)) {
    return normal_cdf(t - shift);
  }
  return shift == 0 ? t_cdf(t, df) : bm::cdf(bm::non_central_t(df, shift), t);
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
