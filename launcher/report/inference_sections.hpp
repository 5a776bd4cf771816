// SPDX-License-Identifier: Apache-2.0
// Sections of the report that say how far its conclusions carry: targets, other analyses, tails,
// resampling, multiplicity.
#pragma once

#include <vector>

#include "launcher/report/document.hpp"

namespace yates::report {

/// For single runs: whether the primary contrast is beyond a noise known from elsewhere, and what
/// Lenth's analysis finds. Empty where cells were replicated.
std::vector<std::string> single_run_sentences(const study::Analysis& analysis);

/// New seeds, new patients, both: side by side for the primary contrast and the two-factor
/// interactions.
Section targets_section(const study::Analysis& analysis);

/// The headline without collapsed runs, on a log scale, under other metric conventions.
Section sensitivity_section(const study::Analysis& analysis);

/// Contrasts per case by mean, median, trimmed mean and Hodges-Lehmann; tails of the cells.
Section tails_section(const study::Analysis& analysis);

/// Bootstrap intervals, or why there is none, and sign flips.
Section resampling_section(const study::Analysis& analysis);

/// Adjusted p values and simultaneous intervals of the families.
Section multiplicity_section(const study::Analysis& analysis);

/// What the study could have found: smallest detectable effects, errors of sign and size.
Section worth_section(const study::Analysis& analysis);

/// Types I, II, III and HC3 side by side, and how the factorial fits.
Section squares_section(const study::Analysis& analysis);

}  // namespace yates::report
