// SPDX-License-Identifier: Apache-2.0
// Whether the declared looks of a study end it.
#pragma once

#include <string>

#include "launcher/campaign/plan.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

/// What the stopping rule of the study says about the finished runs: a reason to stop, or nothing.
/// Looks only at blocks in their declared order, and never at one arm alone. Throws like
/// collect_results, but not when there are no results yet.
std::string reason_to_stop(const config::StudyFile& study, const Plan& plan);

}  // namespace yates::campaign
