// SPDX-License-Identifier: Apache-2.0
// The parts of effects.json beyond its core: resampling, robust location, sensitivity,
// types of squares, fits.
#pragma once

#include <cmath>

#include "base/json.hpp"
#include "launcher/study/analysis.hpp"

namespace yates::report {

/// A number, or null for NaN; an infinite one as text, for JSON has no word for it.
inline Json number_or_null(double value) {
  return std::isnan(value) ? Json(nullptr) : json_number(value);
}

/// [low, high], or null.
Json interval_or_null(const study::Interval& interval);

/// Factor -> level, in the order of the factors.
Json levels_object(const study::Design& design, const study::Levels& levels);

/// Lines of an analysis of variance.
Json anova_rows(const std::vector<study::AnovaSummary>& rows);

/// Adds `anova_types`, `fit`, `bootstrap`, `sign_flips`, `case_contrasts`, `cell_tails` and
/// `sensitivity`.
void add_inference(Json& json, const study::Analysis& analysis);

}  // namespace yates::report
