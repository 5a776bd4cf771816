// SPDX-License-Identifier: Apache-2.0
// Families of contrasts, within which p values are adjusted.
#pragma once

#include <vector>

#include "launcher/study/analysis.hpp"

namespace yates::study {

/// Fills the adjusted p values and the simultaneous intervals. Families, each within one method and
/// target: the primary contrast in its own metric and region alone; the same contrast in the other
/// metrics and regions; every other contrast with those of the same number of factors, metric and
/// region.
void adjust_families(std::vector<ContrastSummary>& rows, const AnalysisOptions& options);

}  // namespace yates::study
