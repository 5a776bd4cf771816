// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/run_directory.hpp"

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/json.hpp"

namespace yates::train {

void RunDirectory::create() const {
  make_directories(attempts());
  make_directories(checkpoints());
}

std::optional<Status> RunDirectory::read_status() const {
  const std::filesystem::path file = path_ / "status.json";
  if (!std::filesystem::exists(file)) {
    return std::nullopt;
  }
  const Json json = read_json(file);
  const std::string origin = file.string();
  Status status;
  status.state = json_get<std::string>(json, "state", origin);
  status.step = json_get<std::int64_t>(json, "step", origin);
  status.steps = json_get<std::int64_t>(json, "steps", origin);
  status.reason = json_get<std::string>(json, "reason", origin);
  status.resumable = json_get<bool>(json, "resumable", origin);
  status.identity = json_get<std::string>(json, "identity", origin);
  if (const Json code = json_get<Json>(json, "exit_code", origin); code.is_number_integer()) {
    status.exit_code = code.get<int>();
  }
  return status;
}

void RunDirectory::write_status(const Status& status) const {
  Json json;
  json["schema"] = 1;
  json["state"] = status.state;
  json["step"] = status.step;
  json["steps"] = status.steps;
  json["exit_code"] = status.exit_code ? Json(*status.exit_code) : Json(nullptr);
  json["reason"] = status.reason;
  json["resumable"] = status.resumable;
  json["attempt"] = status.attempt;
  json["eta_s"] = status.eta_s ? Json(*status.eta_s) : Json(nullptr);
  json["identity"] = status.identity;
  json["updated"] = utc_now();
  write_json(path_ / "status.json", json);
}

void RunDirectory::write_configuration(const std::string& yaml) const {
  write_file_atomic(path_ / "run.yaml", yaml);
}

bool RunDirectory::halt_asked() const {
  std::error_code ignored;
  return std::filesystem::exists(path_ / "HALT", ignored);
}

bool RunDirectory::take_save_request() const {
  std::error_code ignored;
  return std::filesystem::remove(path_ / "SAVE", ignored);
}

void RunDirectory::remove_unfinished() const {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(path_, ignored)) {
    const std::string name = entry.path().filename().string();
    if (is_temporary_name(name)) {
      std::filesystem::remove(entry.path(), ignored);
    }
  }
}

}  // namespace yates::train
