// SPDX-License-Identifier: Apache-2.0
// From an estimate with its standard error to an interval, tests and one of four words.
#pragma once

#include <limits>
#include <optional>
#include <string>

#include "launcher/study/t_inference.hpp"

namespace yates::study {

struct Interval {
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

/// Two-sided t interval with confidence 1 - alpha.
Interval t_interval(const Estimate& estimate, double alpha);

/// Two-sided p of "the contrast is zero". Without any variation: 0, or 1 if the estimate is 0.
double two_sided_p(const Estimate& estimate);

/// p of two one-sided tests that the contrast lies outside (-delta, delta); small means equivalent.
/// Source: D. J. Schuirmann, 1987. Precondition: delta > 0.
double equivalence_p(const Estimate& estimate, double delta);

enum class Verdict { Positive, Negative, Equivalent, Inconclusive };

/// positive, negative, equivalent, inconclusive.
std::string to_string(Verdict verdict);

/// The verdict at level alpha. Positive and negative mean better and worse in the metric (for HD95
/// a negative estimate is positive news) and need an interval that excludes zero; equivalent needs
/// the equivalence test at alpha, and so a margin; everything else is inconclusive, which also
/// holds where there is no interval.
Verdict verdict(const Estimate& estimate,
                double alpha,
                std::optional<double> delta,
                bool higher_is_better);

}  // namespace yates::study
