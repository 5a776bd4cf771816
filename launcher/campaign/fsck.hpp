// SPDX-License-Identifier: Apache-2.0
// Repairs what crashes left in the folder of a campaign, and says what it did.
#pragma once

#include <string>
#include <vector>

#include "launcher/campaign/plan.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

struct Repair {
  std::string file;    ///< Relative to the folder of the campaign.
  std::string found;   ///< What was wrong.
  std::string action;  ///< What was done, or with `dry`, would be; empty: nothing can be done.
};

/// Looks at every file that decides what the campaign does next:
/// unfinished temporary files are removed; records that cannot be read are kept beside themselves
/// as NAME.damaged and made anew from the evidence (status.json, predictions, cases.csv); a run
/// that is "running" without a launcher becomes interrupted; a finished run whose table cannot be
/// read is evaluated again; a submission whose sbatch was called by a process that died is looked
/// for. Links are reported and never followed, folders of no planned run are reported. Nothing is
/// touched with `dry`. Throws Error{RunOwned} if a launcher works on the campaign, Error{Io}.
std::vector<Repair> check_campaign(const config::StudyFile& study, const Plan& plan, bool dry);

}  // namespace yates::campaign
