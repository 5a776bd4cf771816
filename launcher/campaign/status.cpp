// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/status.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "launcher/campaign/campaign_lock.hpp"
#include "launcher/campaign/stages.hpp"

namespace yates::campaign {
namespace {

constexpr double kSecondsPerDay = 86'400;

RunView view_run(const std::filesystem::path& directory, bool external, bool launcher_alive) {
  RunView view;
  view.record = read_run_record(directory);
  view.trainer = external ? TrainerStatus{} : read_trainer_status(directory);
  if (view.record.state == RunState::Running && !launcher_alive) {
    view.record.state = RunState::Interrupted;
    view.record.reason = "its launcher is gone; `yates study run` continues it";
  }
  if (view.record.state == RunState::Running && view.record.stage == kTrain) {
    view.eta_s = view.trainer.eta_s;
  }
  return view;
}

Json gpu_days_json(const config::StudyFile& study, const Plan& plan, const CampaignView& view) {
  double used = 0;
  double lost = 0;
  double useful = 0;
  for (const RunView& run : view.runs) {
    used += run.record.gpu_seconds / kSecondsPerDay;
    lost += run.record.lost_gpu_seconds / kSecondsPerDay;
    if (run.record.state == RunState::Done || run.record.state == RunState::Diverged) {
      useful += (run.record.gpu_seconds - run.record.lost_gpu_seconds) / kSecondsPerDay;
    }
  }
  const double budget = study.gpu_days.value_or(plan.gpu_days);
  return {{"planned", plan.gpu_days},
          {"used", used},
          {"useful", useful},
          {"lost", lost},
          {"left", std::max(budget - used, 0.0)}};
}

char sign_of(RunState state) {
  switch (state) {
    case RunState::Waiting: return '.';
    case RunState::Running: return '>';
    case RunState::Done: return '#';
    case RunState::Diverged: return '~';
    case RunState::Interrupted: return '|';
    case RunState::Failed: return '!';
  }
  return '?';
}

std::string counts_text(const CampaignView& view) {
  std::map<RunState, int> counts;
  for (const RunView& run : view.runs) {
    ++counts[run.record.state];
  }
  std::string text;
  for (const auto& [state, count] : counts) {
    text += fmt::format(
        "{}{} {} {}", text.empty() ? "" : "   ", sign_of(state), count, to_string(state));
  }
  return text;
}

/// A line about a run that a reader may want to look into, or nothing.
std::string detail_text(const PlannedRun& run, const RunView& view) {
  const RunRecord& record = view.record;
  std::string text = fmt::format("  {} {}", sign_of(record.state), run.id);
  if (record.state == RunState::Running) {
    text += ": " + record.stage;
    if (record.stage == kTrain && view.trainer.found && view.trainer.steps > 0) {
      text += fmt::format(", step {} of {}", view.trainer.step, view.trainer.steps);
    }
    text += view.eta_s ? ", " + format_duration(*view.eta_s) + " left" : "";
    return text + "\n";
  }
  const bool retried = record.state == RunState::Waiting && record.failures > 0;
  if (record.state == RunState::Waiting && !retried) {
    return "";
  }
  if (record.state == RunState::Done) {
    return "";
  }
  return text + ": " + (retried ? "will be tried again; " : "") + record.reason + "\n";
}

}  // namespace

CampaignView view_campaign(const config::StudyFile& study, const Plan& plan) {
  CampaignView view;
  view.launcher_alive = CampaignLock::is_held(study.out);
  for (const PlannedRun& run : plan.runs) {
    const std::filesystem::path directory = run_directory(study, run);
    const bool alive = view.launcher_alive || CampaignLock::is_held(directory);
    view.runs.push_back(view_run(directory, study.arms[run.arm].is_external(), alive));
  }
  return view;
}

Json status_json(const config::StudyFile& study, const Plan& plan, const CampaignView& view) {
  Json json = {{"schema", 1}, {"study", study.spec.name}, {"runs", Json::array()}};
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    const PlannedRun& run = plan.runs[i];
    const RunView& now = view.runs[i];
    json["runs"].push_back({{"id", run.id},
                            {"arm", study.arms[run.arm].id},
                            {"seed", run.seed},
                            {"state", to_string(now.record.state)},
                            {"stage", now.record.stage},
                            {"step", now.trainer.step},
                            {"steps", now.trainer.steps},
                            {"eta_s", now.eta_s ? Json(*now.eta_s) : Json(nullptr)},
                            {"attempts", now.record.attempts},
                            {"reason", now.record.reason}});
  }
  json["gpu_days"] = gpu_days_json(study, plan, view);
  json["wave"] = nullptr;
  json["gate"] = {{"state", "none"}, {"job", nullptr}};
  json["launcher"] = view.launcher_alive ? "running" : "none";
  return json;
}

std::string status_text(const config::StudyFile& study,
                        const Plan& plan,
                        const CampaignView& view) {
  const Json days = gpu_days_json(study, plan, view);
  std::string text = fmt::format("study {} in {}: {} runs, {}\n{}\n\n",
                                 study.spec.name,
                                 study.out.string(),
                                 plan.runs.size(),
                                 view.launcher_alive ? "a launcher works on it" : "no launcher",
                                 counts_text(view));
  std::size_t widest = 0;
  for (const config::StudyArm& arm : study.arms) {
    widest = std::max(widest, arm.id.size());
  }
  for (std::size_t a = 0; a < study.arms.size(); ++a) {
    std::string signs;
    for (const std::int64_t seed : study.spec.seeds) {
      for (std::size_t i = 0; i < plan.runs.size(); ++i) {
        if (plan.runs[i].arm == a && plan.runs[i].seed == seed) {
          signs += sign_of(view.runs[i].record.state);
        }
      }
    }
    text += fmt::format("  {:<{}}  {}\n", study.arms[a].id, widest, signs);
  }
  std::string details;
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    details += detail_text(plan.runs[i], view.runs[i]);
  }
  text += details.empty() ? "" : "\n" + details;
  return text + fmt::format(
                    "\nGPU-days: {:.3g} planned, {:.3g} used ({:.3g} useful, {:.3g} lost), "
                    "{:.3g} left",
                    days["planned"].get<double>(),
                    days["used"].get<double>(),
                    days["useful"].get<double>(),
                    days["lost"].get<double>(),
                    days["left"].get<double>());
}

std::int64_t retry_failed(const config::StudyFile& study,
                          const Plan& plan,
                          const std::string& only) {
  make_directories(study.out);
  const CampaignLock lock(study.out, 0);
  std::int64_t count = 0;
  std::vector<std::string> failed;
  for (const PlannedRun& run : plan.runs) {
    const std::filesystem::path directory = run_directory(study, run);
    RunRecord record = read_run_record(directory);
    if (record.state != RunState::Failed) {
      continue;
    }
    failed.push_back(run.id);
    if (only.empty() || only == run.id) {
      record.state = RunState::Waiting;
      record.failures = 0;
      record.stalls = 0;
      write_run_record(directory, record);
      ++count;
    }
  }
  if (count == 0 && !only.empty()) {
    throw Error(ExitCode::Usage,
                Problem{.what = fmt::format("'{}' is no failed run of this study", only),
                        .where = study.path.string(),
                        .allowed = failed.empty() ? "there is none" : join(failed, ", "),
                        .fix = suggestion(only, failed)});
  }
  return count;
}

}  // namespace yates::campaign
