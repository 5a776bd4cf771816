// SPDX-License-Identifier: Apache-2.0
// Are the runs of an analysis one population? Groups, collapsed runs, and what they do to the
// conclusions: the headline without them, on a log scale, and without each run in turn.
#pragma once

#include <vector>

#include "launcher/study/analysis.hpp"

namespace yates::study {

/// Fills `modes` of one response.
void summarize_modes(Analysis& analysis, const Response& response);

/// Adds one sentence for all responses whose runs fall apart, and one for runs that diverged.
void warn_of_modes(Analysis& analysis);

/// Fills `leave_one_out` of one response: the primary contrast, or all two-factor interactions.
void leave_one_out(Analysis& analysis,
                   const Response& response,
                   const std::vector<Contrast>& contrasts);

/// Fills `sensitivity` for the primary contrast and, without one, all two-factor interactions: the
/// headline without collapsed and diverged runs, and of distances the mean of log(1 + d) per run.
void summarize_sensitivity(Analysis& analysis, const std::vector<Contrast>& contrasts);

/// Adds to `sensitivity` the headline of the same contrasts from the same runs scored under another
/// metric convention, named after it.
void add_convention(Analysis& analysis, const StudyData& other);

}  // namespace yates::study
