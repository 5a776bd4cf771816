// SPDX-License-Identifier: Apache-2.0
// Which contrasts an analysis lists, and their rows by every method that applies.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/study/analysis.hpp"
#include "launcher/study/crossed_model.hpp"

namespace yates::study {

/// The contrasts of the analysis: what the study declares first, then every supported contrast of
/// up to `largest_order` factors, averaged over the others and at each combination of their levels.
std::vector<Contrast> listed_contrasts(const Design& design, const AnalysisOptions& options);

/// The table of runs and cases of a response, or nothing where only run values are known.
std::optional<CrossedData> crossed_data(const StudyData& data, const Response& response);

/// The rows of all contrasts for every response; `models` holds the mixed model of each response
/// that has one, with intervals, p, the smallest detectable effect, equivalence tests and verdicts;
/// Holm's p within families (see `adjust_families`).
std::vector<ContrastSummary> contrast_rows(const StudyData& data,
                                           const std::vector<Contrast>& contrasts,
                                           const std::vector<std::optional<CrossedModel>>& models,
                                           const AnalysisOptions& options);

/// Fills p_holm. Families, each within one method and target: the primary contrast in its own
/// metric and region alone; the same contrast in the other metrics and regions; every other
/// contrast with those of the same number of factors, metric and region.
void adjust_families(std::vector<ContrastSummary>& rows, const AnalysisOptions& options);

/// True if the row is the primary contrast, in any metric and region.
bool is_primary_contrast(const ContrastSummary& row, const AnalysisOptions& options);

/// Metric names in two spellings are the same: hd95, hd95_mm.
bool same_metric(const std::string& a, const std::string& b);

}  // namespace yates::study
