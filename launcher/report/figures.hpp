// SPDX-License-Identifier: Apache-2.0
// The figures of the report as SVG. Each returns an empty text where its data do not exist.
#pragma once

#include <string>

#include "launcher/study/analysis.hpp"

namespace yates::report {

/// Cell means over the levels of the first factor of the primary contrast (else of the design), one
/// line per level of the second, one panel per combination of the others that was run; a thin line
/// per seed behind them. Of the primary metric and region, else the first response.
std::string interaction_figure(const study::Analysis& analysis);

/// Headline estimates of the primary contrast (else of all two-factor interactions of the first
/// response), one row per metric and region, with intervals, the zero line and the margin as a
/// band.
std::string forest_figure(const study::Analysis& analysis);

/// Every run as a dot, one row per cell, coloured by seed; runs marked collapsed or diverged as
/// crosses.
std::string strip_figure(const study::Analysis& analysis);

/// Half-normal plot of the effects of single runs, with the simulated ME and SME.
std::string half_normal_figure(const study::Analysis& analysis);

/// The response that figures show when only one can be.
const study::Response& shown_response(const study::Analysis& analysis);

}  // namespace yates::report
