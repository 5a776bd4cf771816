// SPDX-License-Identifier: Apache-2.0
// One run in plain words: where it stands, why, and what to do.
#pragma once

#include <string>

#include "launcher/campaign/plan.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

/// Text of a few lines with the last lines of the run's newest log. `id` may be the beginning of
/// one run's id. Throws Error{Usage} if no run or several begin with it.
std::string explain_run(const config::StudyFile& study, const Plan& plan, const std::string& id);

}  // namespace yates::campaign
