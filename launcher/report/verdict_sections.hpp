// SPDX-License-Identifier: Apache-2.0
// The first page of the report: what was asked, what came out, what it is worth.
#pragma once

#include <string>
#include <vector>

#include "launcher/report/document.hpp"
#include "launcher/study/analysis.hpp"

namespace yates::report {

/// The conclusion in one or two sentences.
std::vector<std::string> conclusion(const study::Analysis& analysis);

/// One line per contrast that the study declared, with its verdict; the looks of a sequential
/// study; forest and interaction plot. Empty without a declared contrast.
Section verdict_section(const study::Analysis& analysis);

/// The declared contrast by every method and target that applies.
Section primary_section(const study::Analysis& analysis);

/// What further seeds would tell about the declared contrast, at the standard deviation these runs
/// have. Empty where that is not known.
Section power_section(const study::Analysis& analysis);

/// The columns of a table of contrasts, and one row of it.
std::vector<std::string> contrast_header();
std::vector<std::string> contrast_cells(const study::Analysis& analysis,
                                        const study::ContrastSummary& row);

}  // namespace yates::report
