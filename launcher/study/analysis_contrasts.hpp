// SPDX-License-Identifier: Apache-2.0
// Which contrasts an analysis lists, and their rows by every method that applies.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/study/analysis.hpp"
#include "launcher/study/crossed_model.hpp"
#include "launcher/study/random_block_model.hpp"

namespace yates::study {

/// The contrasts of the analysis: what the study declares first, then every supported contrast of
/// up to `largest_order` factors, averaged over the others and at each combination of their levels.
std::vector<Contrast> listed_contrasts(const Design& design, const AnalysisOptions& options);

/// The table of runs and cases of a response, or nothing where only run values are known.
std::optional<CrossedData> crossed_data(const StudyData& data, const Response& response);

/// The mixed model of one response: of its cases where they are known, else of its runs in blocks.
struct ResponseModel {
  std::optional<CrossedModel> crossed = {};
  std::optional<RandomBlockModel> blocks = {};
};

/// Fits what the data carry; both may be absent.
ResponseModel fit_response(const StudyData& data, const Response& response);

/// All estimates of a contrast from the values of the runs, by every error estimate that applies;
/// with none, by a noise known from elsewhere, or the estimate alone. Empty if a needed cell has no
/// run.
std::vector<Estimate> run_estimates(const RunTable& table,
                                    const Contrast& contrast,
                                    const PairNoise* noise);

/// The method that decides about new seeds, among those in `estimates` (not empty): `wanted` where
/// it is there, else by the rule of `headline_method`. With a plan its number of seeds decides, not
/// how many came back. Where seeds are blocks that lack cells, or confound the contrast, the
/// blocked and then the mixed estimate; never an error between blocks for a comparison within.
Method pick_headline(const RunTable& table,
                     const Contrast& contrast,
                     const std::vector<Estimate>& estimates,
                     std::optional<std::size_t> planned_seeds,
                     const std::string& wanted);

/// The rows of all contrasts for every response; `models` holds the mixed models of each response,
/// with intervals, p, the smallest detectable effect, equivalence tests and verdicts;
/// Holm's p within families (see `adjust_families`).
std::vector<ContrastSummary> contrast_rows(const StudyData& data,
                                           const std::vector<Contrast>& contrasts,
                                           const std::vector<ResponseModel>& models,
                                           const AnalysisOptions& options);

}  // namespace yates::study
