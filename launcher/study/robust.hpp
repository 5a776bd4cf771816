// SPDX-License-Identifier: Apache-2.0
// Location with heavy tails, as HD95 has them: trimmed means, Hodges-Lehmann, medians with exact
// intervals.
#pragma once

#include <span>
#include <vector>

#include "launcher/study/verdict.hpp"

namespace yates::study {

struct TrimmedMean {
  double mean = 0;
  double se = 0;  ///< Yuen: sqrt(winsorised squares / (h (h - 1))), h the values kept.
  double df = 0;  ///< Values kept minus one.
};

/// The mean without the lowest and highest `share` of the values (floor(share n) at each end), with
/// its standard error (Yuen 1974). Precondition: 0 <= share < 0.5, at least two values kept.
TrimmedMean trimmed_mean(std::vector<double> values, double share = 0.2);

/// The median of all pairwise means (i <= j): the centre of a symmetric distribution. NaN for none.
double hodges_lehmann(std::span<const double> values);

/// The narrowest symmetric pair of order statistics that covers the median with probability at
/// least 1 - alpha whatever the distribution (binomial). NaN where even the extremes do not.
Interval median_interval(std::vector<double> values, double alpha = 0.05);

}  // namespace yates::study
