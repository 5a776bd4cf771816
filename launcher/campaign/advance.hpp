// SPDX-License-Identifier: Apache-2.0
// The next step of a study on Slurm: submit the next wave of seed blocks, or stop. Idempotent: the
// gate of a wave, a user and cron may call it at any time.
#pragma once

#include <string>
#include <vector>

#include "launcher/campaign/plan.hpp"
#include "launcher/campaign/slurm_script.hpp"
#include "launcher/campaign/wave.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

enum class Step {
  Submitted,  ///< Jobs of a wave were submitted.
  Waiting,    ///< The current wave is not finished; nothing was done.
  Stopped,    ///< Stopping rule, budget, or OUT/HALT: no further wave.
  Complete,   ///< All waves are finished.
};

struct Advance {
  Step step = Step::Waiting;
  std::string text;  ///< What was done and why, one line.
};

/// Runs of the current wave that ended without a result are submitted once more as a further array
/// of that wave, when none of its jobs is queued any more. Throws Error{RunOwned} while another
/// process advances the study, Error{Io} or Error{InputMissing} of Slurm's programs.
Advance advance(const config::StudyFile& study, const Plan& plan, const Submission& submission);

}  // namespace yates::campaign
