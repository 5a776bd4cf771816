// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/status.hpp"

#include <algorithm>
#include <chrono>
#include <map>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "launcher/campaign/campaign_lock.hpp"
#include "launcher/campaign/gate_view.hpp"
#include "launcher/campaign/ledger.hpp"
#include "launcher/campaign/stages.hpp"

namespace yates::campaign {
namespace {

/// A launcher of another machine counts as alive while it writes: three beats and some.
constexpr auto kBeatPatience = std::chrono::seconds(90);

bool launcher_alive_at(const std::filesystem::path& locked, const std::filesystem::path& record) {
  if (CampaignLock::is_held(locked)) {
    return true;
  }
  std::error_code error;
  const auto written = std::filesystem::last_write_time(record / "campaign.json", error);
  const auto now = std::filesystem::file_time_type::clock::now();
  return CampaignLock::is_foreign(locked) && !error && now - written < kBeatPatience;
}

RunView view_run(const std::filesystem::path& directory,
                 const std::filesystem::path& out,
                 bool external,
                 bool launcher_alive) {
  RunView view;
  view.record = read_run_record(directory);
  view.trainer = external ? TrainerStatus{} : read_trainer_status(directory);
  if (view.record.state == RunState::Running && !launcher_alive &&
      !launcher_alive_at(out, directory) && !launcher_alive_at(directory, directory)) {
    view.record.state = RunState::Interrupted;
    view.record.reason = "its launcher is gone; `yates study run` continues it";
  }
  if (view.record.state == RunState::Running && view.record.stage == kTrain) {
    view.eta_s = view.trainer.eta_s;
  }
  return view;
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

Json run_json(const config::StudyFile& study,
              const PlannedRun& run,
              const RunView& now,
              const std::string& wait) {
  return {{"id", run.id},
          {"arm", study.arms[run.arm].id},
          {"seed", run.seed},
          {"state", to_string(now.record.state)},
          {"stage", now.record.stage},
          {"step", now.trainer.step},
          {"steps", now.trainer.steps},
          {"eta_s", now.eta_s ? Json(*now.eta_s) : Json(nullptr)},
          {"attempts", now.record.attempts},
          {"reason", now.record.reason.empty() ? wait : now.record.reason},
          {"waits", wait.empty() ? Json(nullptr) : Json(wait)}};
}

/// One line per arm, a sign per seed.
std::string grid_text(const config::StudyFile& study, const Plan& plan, const CampaignView& view) {
  std::size_t widest = 0;
  std::map<std::int64_t, std::size_t> column;
  for (const config::StudyArm& arm : study.arms) {
    widest = std::max(widest, arm.id.size());
  }
  for (const std::int64_t seed : study.spec.seeds) {
    column.emplace(seed, column.size());
  }
  std::vector<std::string> signs(study.arms.size(), std::string(column.size(), ' '));
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    signs[plan.runs[i].arm][column.at(plan.runs[i].seed)] = sign_of(view.runs[i].record.state);
  }
  std::string text;
  for (std::size_t arm = 0; arm < study.arms.size(); ++arm) {
    text += fmt::format("  {:<{}}  {}\n", study.arms[arm].id, widest, signs[arm]);
  }
  return text;
}

/// Runs that wait, counted by reason.
std::string waits_text(const CampaignView& view, const std::vector<std::string>& waits) {
  std::map<std::string, int> counts;
  for (std::size_t i = 0; i < waits.size(); ++i) {
    if (!waits[i].empty() && view.runs[i].record.state == RunState::Waiting) {
      // Elements of one job wait for the same thing: "submitted as job 7_3, Priority".
      const std::size_t mark = waits[i].starts_with("submitted") ? waits[i].find('_') : 0;
      const std::size_t rest = mark == 0 ? mark : waits[i].find(',', mark);
      ++counts[mark == 0 || mark == std::string::npos
                   ? waits[i]
                   : waits[i].substr(0, mark) +
                         (rest == std::string::npos ? "" : waits[i].substr(rest))];
    }
  }
  std::string text;
  for (const auto& [reason, count] : counts) {
    text += fmt::format("  {} wait: {}\n", count, reason);
  }
  return text;
}

std::string screen(const config::StudyFile& study,
                   const Plan& plan,
                   const CampaignView& view,
                   const std::vector<std::string>& waits,
                   const GateView& gate,
                   const Ledger& ledger) {
  std::string text = fmt::format("study {} in {}: {} runs, {}\n{}\n\n",
                                 study.spec.name,
                                 study.out.string(),
                                 plan.runs.size(),
                                 view.launcher_alive ? "a launcher works on it"
                                 : gate.text.empty() ? "no launcher"
                                                     : gate.text,
                                 counts_text(view));
  text += grid_text(study, plan, view);
  std::string details;
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    details += detail_text(plan.runs[i], view.runs[i]);
  }
  details += waits_text(view, waits);
  text += details.empty() ? "" : "\n" + details;
  text += fmt::format(
      "\nGPU-days: {:.3g} planned, {:.3g} used ({:.3g} useful, {:.3g} lost), {:.3g} saved, {:.3g} "
      "left",
      ledger.planned,
      ledger.used,
      ledger.useful,
      ledger.lost,
      ledger.saved,
      ledger.left);
  if (ledger.eta_days > 0) {
    text += fmt::format("; about {} to go", format_duration(ledger.eta_days * 86'400));
  }
  return text;
}

}  // namespace

CampaignView view_campaign(const config::StudyFile& study, const Plan& plan) {
  CampaignView view;
  view.launcher_alive = CampaignLock::is_held(study.out);
  for (const PlannedRun& run : plan.runs) {
    view.runs.push_back(view_run(run_directory(study, run),
                                 study.out,
                                 study.arms[run.arm].is_external(),
                                 view.launcher_alive));
  }
  return view;
}

StatusReport report_status(const config::StudyFile& study, const Plan& plan) {
  StatusReport report;
  report.view = view_campaign(study, plan);
  const WaveLog log = read_wave_log(study);
  const std::optional<QueueView> queue =
      log.stopped.empty() ? view_queue(log) : std::optional<QueueView>{};
  const GateView gate = view_gate(study, plan, report.view, log, queue);
  const std::vector<std::string> waits = reasons_to_wait(study, plan, report.view, log, queue);
  const Ledger ledger = make_ledger(study, plan, report.view, log);
  report.finished = std::all_of(report.view.runs.begin(),
                                report.view.runs.end(),
                                [](const RunView& run) { return run.record.is_final(); }) ||
                    gate.state == "stopped";
  Json& json = report.json;
  json = {{"schema", 1}, {"study", study.spec.name}, {"runs", Json::array()}};
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    const RunView& now = report.view.runs[i];
    json["runs"].push_back(run_json(study, plan.runs[i], now, waits[i]));
  }
  json["gpu_days"] = to_json(ledger);
  json["eta_s"] = ledger.eta_days > 0 ? Json(ledger.eta_days * 86'400) : Json(nullptr);
  json["wave"] = log.wave() > 0 ? Json(log.wave()) : Json(nullptr);
  json["gate"] = {{"state", gate.state},
                  {"job", gate.job.empty() ? Json(nullptr) : Json(gate.job)},
                  {"text", gate.text}};
  json["launcher"] = report.view.launcher_alive ? "running" : "none";
  report.text = screen(study, plan, report.view, waits, gate, ledger);
  return report;
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
