// SPDX-License-Identifier: Apache-2.0
// Runs a campaign on this machine, or inside one allocation: N runs at a time, each with its own
// processes. All state is on disk; the same command continues after any end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "launcher/campaign/plan.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

struct LauncherOptions {
  std::int64_t slots = 1;       ///< Runs at the same time.
  std::int64_t ranks = 1;       ///< MPI ranks of each training.
  std::filesystem::path yates;  ///< The program to start for our own stages.
  double stop_grace_s = 120;    ///< From asking the runs to stop until they are killed.
  /// Only the run with this id: several launchers may work on a campaign, one per run. A clean stop
  /// of its training ends the launcher instead of starting the training again.
  std::string only = {};
  std::vector<std::string> launch = {};  ///< Starts the ranks; empty: mpirun.
  /// Folder on a disk of this node for a copy of the data (staged_data.hpp); empty: none.
  std::filesystem::path stage = {};
  double beat_s = 15;  ///< Between two writings of a running run's record.
};

/// How many runs are in which state at the end.
struct CampaignCounts {
  std::int64_t done = 0;
  std::int64_t diverged = 0;
  std::int64_t failed = 0;
  std::int64_t open = 0;     ///< Not finished: stopped, or out of budget.
  bool stopped = false;      ///< By a signal or a file OUT/HALT.
  bool over_budget = false;  ///< No run was started any more because budget.gpu_days is used up.
  std::string ended = {};    ///< By the declared looks: why no further wave is started.
};

/// Starts what is not finished, wave by wave (see wave.hpp), within a wave in the order of
/// pack_runs, until nothing is left to do or the looks end the study. A failed run is tried again,
/// after the runs that wait, up to study.attempts times; it does not stop the others. SIGINT,
/// SIGTERM or OUT/HALT ask the runs to stop and wait for them; a second signal kills them. Throws
/// Error{RunOwned} if another launcher works on the campaign, or, with `only`, took over the run:
/// then its programs are killed and nothing more is written. Error of missing data before any run
/// is started.
CampaignCounts run_campaign(const config::StudyFile& study,
                            const Plan& plan,
                            const LauncherOptions& options);

}  // namespace yates::campaign
