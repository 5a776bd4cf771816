// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/run_record.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.hpp"

namespace yates::campaign {
namespace {

constexpr std::array<std::pair<RunState, const char*>, 6> kStates = {
    {{RunState::Waiting, "waiting"},
     {RunState::Running, "running"},
     {RunState::Done, "done"},
     {RunState::Diverged, "diverged"},
     {RunState::Interrupted, "interrupted"},
     {RunState::Failed, "failed"}}};

RunState parse_state(const std::string& text, const std::string& origin) {
  for (const auto& [state, name] : kStates) {
    if (text == name) {
      return state;
    }
  }
  throw Error(ExitCode::BadData,
              Problem{.what = "unknown run state '" + text + "'",
                      .where = origin,
                      .allowed = "",
                      .fix = "the file was edited, or written by another version"});
}

}  // namespace

std::string to_string(RunState state) {
  const auto found = std::find_if(
      kStates.begin(), kStates.end(), [&](const auto& known) { return known.first == state; });
  return found->second;
}

void RunRecord::settle_open(double lost_share) {
  gpu_seconds += open_gpu_seconds;
  lost_gpu_seconds += open_gpu_seconds * lost_share;
  open_gpu_seconds = 0;
}

bool RunRecord::has_passed(const std::string& name) const {
  return std::find(passed.begin(), passed.end(), name) != passed.end();
}

bool RunRecord::is_final() const {
  return state == RunState::Done || state == RunState::Diverged || state == RunState::Failed;
}

RunRecord read_run_record(const std::filesystem::path& run_directory) {
  const std::filesystem::path path = run_directory / "campaign.json";
  RunRecord record;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return record;
  }
  const Json json = read_json(path);
  const std::string origin = path.string();
  record.state = parse_state(json_get<std::string>(json, "state", origin), origin);
  record.stage = json_get<std::string>(json, "stage", origin);
  record.passed = json_get<std::vector<std::string>>(json, "passed", origin);
  record.starts = json_get<std::int64_t>(json, "starts", origin);
  record.attempts = json_get<std::int64_t>(json, "attempts", origin);
  record.failures = json_get<std::int64_t>(json, "failures", origin);
  record.stalls = json_get<std::int64_t>(json, "stalls", origin);
  record.step = json_get<std::int64_t>(json, "step", origin);
  record.exit_code = json_get<int>(json, "exit_code", origin);
  record.reason = json_get<std::string>(json, "reason", origin);
  record.gpu_seconds = json_get<double>(json, "gpu_seconds", origin);
  record.lost_gpu_seconds = json_get<double>(json, "lost_gpu_seconds", origin);
  record.open_gpu_seconds =
      json.contains("open_gpu_seconds") ? json_get<double>(json, "open_gpu_seconds", origin) : 0;
  return record;
}

void write_run_record(const std::filesystem::path& run_directory, const RunRecord& record) {
  write_json(run_directory / "campaign.json",
             Json{{"schema", 1},
                  {"state", to_string(record.state)},
                  {"stage", record.stage},
                  {"passed", record.passed},
                  {"starts", record.starts},
                  {"attempts", record.attempts},
                  {"failures", record.failures},
                  {"stalls", record.stalls},
                  {"step", record.step},
                  {"exit_code", record.exit_code},
                  {"reason", record.reason},
                  {"gpu_seconds", record.gpu_seconds},
                  {"lost_gpu_seconds", record.lost_gpu_seconds},
                  {"open_gpu_seconds", record.open_gpu_seconds}});
}

TrainerStatus read_trainer_status(const std::filesystem::path& run_directory) {
  TrainerStatus status;
  try {
    const Json json = read_json(run_directory / "status.json");
    // Some fields are null while the run goes on.
    const auto integer = [&](const char* key) {
      const auto found = json.find(key);
      return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
    };
    const auto text = [&](const char* key) {
      const auto found = json.find(key);
      return found != json.end() && found->is_string() ? found->get<std::string>() : "";
    };
    status.state = text("state");
    status.step = integer("step");
    status.steps = integer("steps");
    status.exit_code = static_cast<int>(integer("exit_code"));
    status.reason = text("reason");
    if (const auto eta = json.find("eta_s"); eta != json.end() && eta->is_number()) {
      status.eta_s = eta->get<double>();
    }
    status.found = true;
  } catch (const std::exception&) {
    return {};
  }
  return status;
}

void write_external_status(const std::filesystem::path& run_directory, const RunRecord& record) {
  const bool stopped = record.state == RunState::Interrupted;
  write_json(run_directory / "status.json",
             Json{{"schema", 1},
                  {"state", to_string(record.state)},
                  {"step", 0},
                  {"steps", 0},
                  {"exit_code", record.exit_code},
                  {"reason", record.reason},
                  {"resumable", stopped}});
}

}  // namespace yates::campaign
