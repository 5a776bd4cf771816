// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/gate_view.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

#include <fmt/format.h>

namespace yates::campaign {
namespace {

constexpr auto kPatience = std::chrono::minutes(30);

bool is_open(const CampaignView& view, std::size_t run) {
  return !view.runs[run].record.is_final();
}

/// True if no record of the wave's runs changed for so long that its gate must have run.
bool quiet_for_long(const config::StudyFile& study,
                    const Plan& plan,
                    const std::vector<std::size_t>& runs) {
  const auto now = std::filesystem::file_time_type::clock::now();
  return std::all_of(runs.begin(), runs.end(), [&](std::size_t run) {
    std::error_code error;
    const auto changed = std::filesystem::last_write_time(
        run_directory(study, plan.runs[run]) / "campaign.json", error);
    return error || now - changed > kPatience;
  });
}

bool wave_has_jobs(const WaveLog& log, const QueueView& queue) {
  return std::any_of(log.batches.begin(), log.batches.end(), [&](const Batch& batch) {
    return batch.wave == log.wave() && queue.has_job(batch.job);
  });
}

/// Wave of each run, from 1.
std::vector<std::int64_t> waves_of(const config::StudyFile& study, const Plan& plan) {
  const std::vector<std::int64_t> ends = wave_ends(study);
  std::vector<std::int64_t> waves;
  for (const PlannedRun& run : plan.runs) {
    const auto end = std::lower_bound(ends.begin(), ends.end(), run.block);
    waves.push_back(end - ends.begin() + 1);
  }
  return waves;
}

}  // namespace

GateView view_gate(const config::StudyFile& study,
                   const Plan& plan,
                   const CampaignView& view,
                   const WaveLog& log,
                   const std::optional<QueueView>& queue) {
  GateView gate;
  gate.job = log.gate_job;
  if (log.wave() == 0) {
    return gate;
  }
  if (!log.stopped.empty()) {
    gate.state = "stopped";
    gate.text = log.stopped;
    return gate;
  }
  const std::vector<std::size_t> runs = wave_runs(study, plan, log.wave());
  const auto open =
      std::count_if(runs.begin(), runs.end(), [&](std::size_t run) { return is_open(view, run); });
  const auto waves = static_cast<std::int64_t>(wave_ends(study).size());
  if (open == 0 && log.wave() == waves) {
    gate.state = "complete";
    gate.text = "all waves are finished";
    return gate;
  }
  const bool gate_queued = queue && !gate.job.empty() && queue->has_job(gate.job);
  const bool dead = queue ? !gate_queued && !wave_has_jobs(log, *queue)
                          : open == 0 && quiet_for_long(study, plan, runs);
  gate.state = dead ? "dead" : open == 0 ? "due" : "waiting";
  gate.text = fmt::format("wave {} of {}: {} of {} runs to go, gate {}",
                          log.wave(),
                          waves,
                          open,
                          runs.size(),
                          gate.job.empty() ? "none" : "job " + gate.job);
  if (dead) {
    gate.text +=
        fmt::format(": nothing in the queue goes on with the study; `yates study advance {}` does",
                    study.path.string());
  }
  return gate;
}

std::vector<std::string> reasons_to_wait(const config::StudyFile& study,
                                         const Plan& plan,
                                         const CampaignView& view,
                                         const WaveLog& log,
                                         const std::optional<QueueView>& queue) {
  std::map<std::string, std::string> element_of;  // The last submission of each run.
  for (const Batch& batch : log.batches) {
    for (std::size_t i = 0; i < batch.runs.size(); ++i) {
      element_of[batch.runs[i]] = batch.job + "_" + std::to_string(i);
    }
  }
  const std::vector<std::int64_t> waves = waves_of(study, plan);
  const bool untouched = std::all_of(
      view.runs.begin(), view.runs.end(), [](const auto& run) { return run.record.starts == 0; });
  std::vector<std::string> reasons(plan.runs.size());
  for (std::size_t run = 0; run < plan.runs.size(); ++run) {
    const RunState state = view.runs[run].record.state;
    if (state != RunState::Waiting && state != RunState::Interrupted) {
      continue;
    }
    const auto element = element_of.find(plan.runs[run].id);
    if (element == element_of.end()) {
      reasons[run] = log.wave() == 0 && !view.launcher_alive
                         ? untouched ? "nothing was started: `yates study submit` or `study run`"
                                     : "no launcher works on it: `yates study run` goes on"
                     : !log.stopped.empty() ? "not needed: " + log.stopped
                                            : fmt::format("of wave {}, which follows", waves[run]);
      continue;
    }
    reasons[run] = "submitted as job " + element->second;
    if (queue) {
      const auto found = queue->elements.find(element->second);
      reasons[run] += found == queue->elements.end() ? ", no longer in the queue"
                      : found->second.running        ? ", starting"
                                                     : ", " + found->second.reason;
    }
  }
  return reasons;
}

}  // namespace yates::campaign
