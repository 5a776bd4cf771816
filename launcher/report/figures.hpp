// SPDX-License-Identifier: Apache-2.0
// The figures of the report as SVG. Each returns an empty text where its data do not exist.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "launcher/study/analysis.hpp"

namespace yates::report {

/// Cell means over the levels of the first factor of the primary contrast (else of the design), one
/// line per level of the second, one panel per combination of the others that was run; a thin line
/// per seed behind them, and the interval of each mean from the error within seeds. Of the primary
/// metric and region, else the first response.
std::string interaction_figure(const study::Analysis& analysis);

/// Headline estimates of the primary contrast (else of all two-factor interactions of the first
/// response), one row per metric and region, with intervals, the zero line and the margin as a
/// band.
std::string forest_figure(const study::Analysis& analysis);

/// Every run as a mark, one row per cell, coloured by seed, its shape by the group (mode) it falls
/// in; runs marked collapsed or diverged as crosses.
std::string strip_figure(const study::Analysis& analysis);

/// Half-normal plot of the effects of single runs, with the simulated ME and SME.
std::string half_normal_figure(const study::Analysis& analysis);

/// All effects of the shown response by size: with Lenth's margins for single runs, else each with
/// the margin of its t test.
std::string pareto_figure(const study::Analysis& analysis);

/// Cell means as tiles, the drawn factors across, all others down.
std::string heat_map_figure(const study::Analysis& analysis);

/// The primary contrast (else the first interaction) of every case, sorted; needs values per case.
std::string waterfall_figure(const study::Analysis& analysis);

/// Quantiles of the runs' residuals against the normal's.
std::string residual_figure(const study::Analysis& analysis);

/// The response that figures show when only one can be: the primary one, else the first region
/// "mean", else the first.
const study::Response& shown_response(const study::Analysis& analysis);

/// The factors that figures compare: at most two of the primary contrast, filled up from the
/// design.
std::vector<std::size_t> drawn_factors(const study::Analysis& analysis);

/// Lenth's analysis of the shown response, else the first; null without one.
const study::LenthSummary* shown_lenth(const study::Analysis& analysis);

}  // namespace yates::report
