// SPDX-License-Identifier: Apache-2.0
// The lead of the report: what came out, in sentences, before every table.
#pragma once

#include <string>
#include <vector>

#include "launcher/study/analysis.hpp"

namespace yates::report {

/// What is concluded of the declared contrast, or why nothing is, in one to three sentences.
std::vector<std::string> conclusion(const study::Analysis& analysis);

/// For single runs: whether the primary contrast is beyond a noise known from elsewhere, and what
/// Lenth's analysis finds. Empty where cells were replicated.
std::vector<std::string> single_run_sentences(const study::Analysis& analysis);

}  // namespace yates::report
