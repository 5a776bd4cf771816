// SPDX-License-Identifier: Apache-2.0
// Yates' algorithm: all effects of a 2^k factorial by k passes of sums and differences.
// Source: F. Yates, "The design and analysis of factorial experiments", 1937.
#pragma once

#include <string>
#include <vector>

#include "launcher/study/design.hpp"

namespace yates::study {

/// Contrast totals of 2^k values in standard order: the sum, then A, B, AB, C, ... Each pass puts
/// the sums of neighbours in the first half, their differences (second minus first) in the second.
/// Precondition: the number of values is a power of two. O(k 2^k).
std::vector<double> yates_transform(std::vector<double> values);

/// One effect on three scales, which differ only by powers of two.
struct FactorialEffect {
  std::string term;        ///< Names joined by ':', e.g. "relocate:prune".
  std::size_t order = 0;   ///< Number of factors in it.
  double coded = 0;        ///< Coefficient b with levels coded -1 and +1.
  double effect = 0;       ///< 2b: mean at the plus sign minus mean at the minus sign.
  double interaction = 0;  ///< 2^order b: difference (of differences ...) of cell means.
};

/// All 2^k - 1 effects in Yates order. `cell_means` has one value per cell in standard order.
/// Precondition: the design is complete and every factor has two levels.
std::vector<FactorialEffect> factorial_effects(const Design& design,
                                               const std::vector<double>& cell_means);

}  // namespace yates::study
