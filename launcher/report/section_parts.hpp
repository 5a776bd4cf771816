// SPDX-License-Identifier: Apache-2.0
// What several sections share: names in tables, and which rows they show.
#pragma once

#include <string>

#include "launcher/report/document.hpp"
#include "launcher/study/analysis.hpp"

namespace yates::report {

/// A section that has its title only.
Section empty_section(std::string title);

/// The contrast at its levels, as tables name it.
std::string place_label(const study::Analysis& analysis, const study::ContrastPlace& place);

/// Metric and region, as tables name them.
std::string place_response(const study::ContrastPlace& place);

/// Whether the place belongs to the primary contrast; all do where there is none.
bool is_chosen(const study::Analysis& analysis, const study::ContrastPlace& place);

/// Whether tables of headline rows show this one: the primary contrast and the two-factor
/// interactions, where they have a standard error.
bool is_shown(const study::Analysis& analysis, const study::ContrastSummary& row);

}  // namespace yates::report
