// SPDX-License-Identifier: Apache-2.0
// What single cases say: per-case contrasts with robust location, the bootstrap over cases, sign
// flips over seeds, and the tails of the cells.
#pragma once

#include <vector>

#include "launcher/study/analysis.hpp"

namespace yates::study {

/// The contrast per case, each cell averaged over its runs; one value per case of the response.
/// Precondition: every cell with weight has a run, the response has case values.
std::vector<double> per_case_contrasts(const StudyData& data,
                                       const Response& response,
                                       const Contrast& contrast);

/// Fills `case_contrasts`, `bootstraps` and `sign_flips` for the primary contrast and all
/// two-factor interactions among `contrasts`, and `tails` for all cells. Where a bootstrap would
/// resample fewer than ten units its row holds the refusal instead.
void summarize_cases(Analysis& analysis, const std::vector<Contrast>& contrasts);

}  // namespace yates::study
