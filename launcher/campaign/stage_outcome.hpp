// SPDX-License-Identifier: Apache-2.0
// What the end of a stage means for its run: another stage, another attempt, or an end.
#pragma once

#include <filesystem>
#include <string>

#include "launcher/campaign/child_process.hpp"
#include "launcher/campaign/run_record.hpp"

namespace yates::campaign {

enum class Outcome {
  Passed,       ///< Go on with the next stage.
  Diverged,     ///< Training diverged: a result, kept as such.
  Again,        ///< Stopped cleanly and asks to be started again; no failure.
  Interrupted,  ///< Ended because this campaign is being stopped.
  Failed,       ///< May be tried again.
  Hopeless,     ///< Trying again would fail the same way.
};

struct StageEnd {
  Outcome outcome = Outcome::Failed;
  std::string reason;  ///< Empty when passed.
};

/// The facts about a stage that has ended.
struct StageFacts {
  bool external = false;
  std::string stage;
  Ending ending;
  TrainerStatus status;         ///< Of a training of ours; its verdict counts, not the exit code.
  bool asked_to_stop = false;   ///< The campaign is being stopped.
  std::string missing_results;  ///< Of an external arm that ended with 0.
};

/// A pure function. An external arm: 0 done, 75 again, all else failed. A stage of ours: bad input
/// or configuration, diverged replicas and an owned run directory are hopeless.
StageEnd judge(const StageFacts& facts);

}  // namespace yates::campaign
