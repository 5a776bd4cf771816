// SPDX-License-Identifier: Apache-2.0
// Where a campaign stands, from its files alone: for people on one screen, and as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "launcher/campaign/plan.hpp"
#include "launcher/campaign/run_record.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

/// One run as seen now.
struct RunView {
  RunRecord record;
  TrainerStatus trainer;
  std::optional<double> eta_s;  ///< Of a running training of ours.
};

struct CampaignView {
  std::vector<RunView> runs;  ///< In the order of the plan.
  bool launcher_alive = false;
};

/// Reads the run directories. A run that no living launcher works on is never shown as running.
CampaignView view_campaign(const config::StudyFile& study, const Plan& plan);

/// A campaign as seen now, in every form.
struct StatusReport {
  CampaignView view;
  std::string text;  ///< One screen: a sign per arm and seed, what runs, waits or failed, ledger.
  Json json;         ///< Contract section 5, `study status`.
  bool finished = false;  ///< Nothing will change by itself any more.
};

/// Reads the files of the campaign, and asks squeue where runs were submitted and there is one.
StatusReport report_status(const config::StudyFile& study, const Plan& plan);

/// Makes failed runs wait again, `only` if not empty; returns how many. Throws Error{RunOwned} if a
/// launcher works on the campaign, Error{Usage} if there is no failed run of that id.
std::int64_t retry_failed(const config::StudyFile& study,
                          const Plan& plan,
                          const std::string& only);

}  // namespace yates::campaign
