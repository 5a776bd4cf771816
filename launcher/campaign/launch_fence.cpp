// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/launch_fence.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace yates::campaign {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The Slurm job of this process as people name it, "12_3"; empty outside of Slurm.
std::string own_job() {
  const std::string array = environment("SLURM_ARRAY_JOB_ID");
  return array.empty() ? environment("SLURM_JOB_ID")
                       : array + "_" + environment("SLURM_ARRAY_TASK_ID");
}

std::int64_t newest_launch(const std::filesystem::path& launches) {
  std::int64_t newest = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(launches, ignored)) {
    newest = std::max(newest, parse_integer(entry.path().filename().string()).value_or(0));
  }
  return newest;
}

std::filesystem::path launch_path(const std::filesystem::path& launches, std::int64_t number) {
  return launches / fmt::format("{:04}", number);
}

}  // namespace

LaunchFence::LaunchFence(const std::filesystem::path& run_directory)
    : folder_(run_directory / "launches") {
  make_directories(folder_);
  number_ = newest_launch(folder_) + 1;
  const std::filesystem::path path = launch_path(folder_, number_);
  if (::mkdir(path.c_str(), 0755) != 0) {
    if (errno == EEXIST) {
      throw Error(ExitCode::RunOwned,
                  Problem{.what = "another start of this run was quicker",
                          .where = path.string(),
                          .allowed = "",
                          .fix = "nothing: that one works on it"});
    }
    throw_system_error("cannot create the launch", path.string(), errno);
  }
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  write_json(path / "owner.json",
             Json{{"host", host.data()},
                  {"pid", ::getpid()},
                  {"job", own_job()},
                  {"restart", environment("SLURM_RESTART_COUNT")},
                  {"started", utc_now()}});
}

bool LaunchFence::is_superseded() const {
  return newest_launch(folder_) > number_;
}

void LaunchFence::check() const {
  if (is_superseded()) {
    throw Error(
        ExitCode::RunOwned,
        Problem{.what = fmt::format(
                    "launch {} took the run over from launch {}", newest_launch(folder_), number_),
                .where = folder_.string(),
                .allowed = "",
                .fix = "nothing: the newer one goes on from the last checkpoint"});
  }
}

bool LaunchFence::is_restart_of_newest(const std::filesystem::path& run_directory) {
  const std::filesystem::path launches = run_directory / "launches";
  const std::int64_t newest = newest_launch(launches);
  const std::filesystem::path owner = launch_path(launches, newest) / "owner.json";
  std::error_code ignored;
  if (newest == 0 || own_job().empty() || !std::filesystem::exists(owner, ignored)) {
    return false;
  }
  const Json json = read_json(owner);
  return json_get<std::string>(json, "job", owner.string()) == own_job() &&
         json_get<std::string>(json, "restart", owner.string()) !=
             environment("SLURM_RESTART_COUNT");
}

}  // namespace yates::campaign
