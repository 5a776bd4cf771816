// SPDX-License-Identifier: Apache-2.0
// What the sections of inference_sections.hpp share: names of contrasts and responses in tables.
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

}  // namespace yates::report
