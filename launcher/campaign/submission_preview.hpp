// SPDX-License-Identifier: Apache-2.0
// What would be handed to Slurm, without handing it over.
#pragma once

#include <cstdint>
#include <string>

#include "launcher/campaign/plan.hpp"
#include "launcher/campaign/slurm_script.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

/// Lets Slurm check scripts and options of the first wave and its gate (sbatch --test-only) and
/// returns what it says of each; nothing is submitted. Throws Error{Io} with Slurm's words if it
/// refuses one.
std::string check_submission(const config::StudyFile& study,
                             const Plan& plan,
                             const Submission& submission);

/// What `advance` would hand to Slurm for a wave, for people to read: scripts, sbatch lines with
/// their arguments quoted, and the line that starts the training of each run.
std::string dry_run(const config::StudyFile& study,
                    const Plan& plan,
                    const Submission& submission,
                    std::int64_t wave);

}  // namespace yates::campaign
