// SPDX-License-Identifier: Apache-2.0
// Where the waves of a study on Slurm stand, and whether the gate that is to go on still lives.
#pragma once

#include <optional>
#include <string>

#include "launcher/campaign/queue_view.hpp"
#include "launcher/campaign/status.hpp"

namespace yates::campaign {

/// none: nothing was submitted. waiting: runs of the wave are open, or the gate is in the queue.
/// due: the wave is finished, the gate has not acted yet. dead: nothing in the queue will go on:
/// `study advance` by hand does. stopped, complete: no further wave.
struct GateView {
  std::string state = "none";
  std::string job;   ///< Of the gate; empty if none was submitted.
  std::string text;  ///< One line for people.
};

/// `queue` as view_queue gives it. Without it a gate counts as dead when the last run of its wave
/// ended more than half an hour ago and nothing was submitted since.
GateView view_gate(const config::StudyFile& study,
                   const Plan& plan,
                   const CampaignView& view,
                   const WaveLog& log,
                   const std::optional<QueueView>& queue);

/// Why each run waits, in the order of the plan; empty for a run that does not wait.
std::vector<std::string> reasons_to_wait(const config::StudyFile& study,
                                         const Plan& plan,
                                         const CampaignView& view,
                                         const WaveLog& log,
                                         const std::optional<QueueView>& queue);

}  // namespace yates::campaign
