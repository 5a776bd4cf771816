// SPDX-License-Identifier: Apache-2.0
// One-sample statistics that keep their digits: compensated sums, two passes, shifted data.
#pragma once

#include <span>
#include <vector>

namespace yates::study {

/// Sum with Neumaier's compensation. Deterministic: depends on the order of values only.
double compensated_sum(std::span<const double> values);

/// Arithmetic mean by two compensated passes; NaN for no values. The second pass sums the
/// deviations from the first mean, so that a large common offset costs no digits.
double mean(std::span<const double> values);

/// Sum of squared deviations from the mean, corrected two-pass form; 0 for no values.
double squared_deviations(std::span<const double> values);

/// Sample variance with divisor n - 1; NaN for fewer than two values.
double variance(std::span<const double> values);

/// Square root of `variance`.
double standard_deviation(std::span<const double> values);

/// Quantile at probability p in [0, 1] by linear interpolation of order statistics (type 7 of
/// Hyndman and Fan); NaN for no values.
double quantile(std::vector<double> values, double p);

/// The same of values that are ascending already.
double sorted_quantile(std::span<const double> values, double p);

/// The middle value, or the mean of the two middle ones; NaN for no values.
double median(std::vector<double> values);

}  // namespace yates::study
