// SPDX-License-Identifier: Apache-2.0
// What belongs to the contrast that a study declared.
#pragma once

#include <optional>
#include <string>

#include "launcher/study/analysis.hpp"

namespace yates::study {

/// Metric names in two spellings are the same: hd95, hd95_mm.
bool same_metric(const std::string& a, const std::string& b);

/// True if the row is the primary contrast, in any metric and region.
bool is_primary_contrast(const ContrastSummary& row, const AnalysisOptions& options);

/// True if the row is of the metric and region that the contrast was declared for.
bool same_response(const ContrastSummary& row, const PrimaryContrast& primary);

/// The margin for a metric: the primary contrast's for its own metric, else the one for all.
std::optional<double> margin_of(const std::string& metric, const AnalysisOptions& options);

}  // namespace yates::study
