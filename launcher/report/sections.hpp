// SPDX-License-Identifier: Apache-2.0
// The sections of the report, in its order; `section_*.cpp` makes them. A section that has nothing
// to show comes without tables and figures, or with empty ones; `make_document` leaves those out.
#pragma once

#include "launcher/report/document.hpp"
#include "launcher/study/analysis.hpp"

namespace yates::report {

/// One line per contrast that the study declared, with its verdict; the looks of a sequential
/// study; forest and interaction plot. Empty without a declared contrast.
Section verdict_section(const study::Analysis& analysis);

/// Runs per cell; aliases, and what can be estimated without assumptions.
Section design_section(const study::Analysis& analysis);

/// Two-factor interactions that the cells do not carry, and the cells to add.
Section not_estimable_section(const study::Analysis& analysis);

/// Mean and standard deviation of each cell in every response, and the figures of the runs.
Section cells_section(const study::Analysis& analysis);

/// The declared contrast by every method and target that applies.
Section primary_section(const study::Analysis& analysis);

/// New seeds, new patients, both: side by side for the primary contrast and the two-factor
/// interactions.
Section targets_section(const study::Analysis& analysis);

/// All two-factor interactions but the declared one, by their headline method.
Section contrasts_section(const study::Analysis& analysis);

/// All effects of the largest complete part of the design, on three scales.
Section effects_section(const study::Analysis& analysis);

/// Lenth's analysis of single runs.
Section lenth_section(const study::Analysis& analysis);

/// The analysis of variance and the variance components.
Section variance_section(const study::Analysis& analysis);

/// Types I, II, III and HC3 side by side, and how the factorial fits.
Section squares_section(const study::Analysis& analysis);

/// Contrasts per case by mean, median, trimmed mean and Hodges-Lehmann; tails of the cells.
Section tails_section(const study::Analysis& analysis);

/// The headline without collapsed runs, on a log scale, under other metric conventions.
Section sensitivity_section(const study::Analysis& analysis);

/// Bootstrap intervals, or why there is none, and sign flips.
Section resampling_section(const study::Analysis& analysis);

/// Adjusted p values and simultaneous intervals of the families.
Section multiplicity_section(const study::Analysis& analysis);

/// Groups of runs, the residuals, and the estimates without one run.
Section diagnostics_section(const study::Analysis& analysis);

/// What the study could have found: smallest detectable effects, errors of sign and size.
Section worth_section(const study::Analysis& analysis);

/// What further seeds would tell about the declared contrast, at the standard deviation these runs
/// have. Empty where that is not known.
Section power_section(const study::Analysis& analysis);

}  // namespace yates::report
