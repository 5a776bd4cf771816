// SPDX-License-Identifier: Apache-2.0
// p values adjusted for a family of tests. NaN entries are no tests: they stay NaN and do not
// count.
#pragma once

#include <span>
#include <vector>

namespace yates::study {

/// Holm's step-down: controls the family-wise error without assumptions.
std::vector<double> holm(std::span<const double> p);

/// Hochberg's step-up: family-wise error for independent or positively dependent tests.
std::vector<double> hochberg(std::span<const double> p);

/// Benjamini and Hochberg 1995: false discovery rate, for exploration.
std::vector<double> benjamini_hochberg(std::span<const double> p);

/// Benjamini and Yekutieli 2001: false discovery rate under any dependence.
std::vector<double> benjamini_yekutieli(std::span<const double> p);

}  // namespace yates::study
