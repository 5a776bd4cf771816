// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/attempt.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace yates::train {
namespace {

using Path = std::filesystem::path;

constexpr auto kLease = std::chrono::seconds(60);
constexpr auto kOwnerPatience = std::chrono::seconds(2);
constexpr int kStuckAttempts = 3;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string first_line(const Path& path) {
  std::ifstream stream(path);
  std::string line;
  std::getline(stream, line);
  return line;
}

/// Names this boot of this machine, and the numbering of processes that holds in this container.
std::string machine_identity() {
  std::array<char, 256> target{};
  const ssize_t length = ::readlink("/proc/self/ns/pid", target.data(), target.size());
  return first_line("/proc/sys/kernel/random/boot_id") + " " +
         std::string(target.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
}

/// When a process began, in ticks since boot; empty if there is no such process. Tells a process
/// from a later one with the same number.
std::string process_start(std::int64_t pid) {
  const std::string line = first_line(fmt::format("/proc/{}/stat", pid));
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) {
    return "";
  }
  const std::vector<std::string> fields = split(line.substr(name_end + 1), ' ');
  constexpr std::size_t kStartField = 20;
  constexpr std::size_t kStateField = 1;
  const bool ended = fields.size() <= kStartField || fields[kStateField] == "Z";
  return ended ? "" : fields[kStartField];
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string job_name() {
  const std::string array = environment("SLURM_ARRAY_JOB_ID");
  return array.empty() ? environment("SLURM_JOB_ID")
                       : array + "_" + environment("SLURM_ARRAY_TASK_ID");
}

Json owner_of_this_process() {
  Json owner;
  owner["host"] = host_name();
  owner["machine"] = machine_identity();
  owner["pid"] = ::getpid();
  owner["process_start"] = process_start(::getpid());
  owner["job"] = job_name();
  owner["restart"] = environment("SLURM_RESTART_COUNT");
  owner["started"] = utc_now();
  return owner;
}

Path attempt_path(const Path& attempts, std::int64_t number) {
  return attempts / fmt::format("{:04}", number);
}

std::int64_t newest_in(const Path& attempts) {
  std::int64_t newest = 0;
  for (const auto& entry : std::filesystem::directory_iterator(attempts)) {
    newest = std::max(newest, parse_integer(entry.path().filename().string()).value_or(0));
  }
  return newest;
}

/// The owner file of an attempt; null if its maker died, or dawdles, before writing it.
Json read_owner(const Path& attempt) {
  const Path file = attempt / "owner.json";
  const Stopwatch watch;
  while (!std::filesystem::exists(file)) {
    if (watch.seconds() > std::chrono::duration<double>(kOwnerPatience).count()) {
      return nullptr;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return read_json(file);
}

/// Age of the newest beat by the file system's time: two modification times of its own.
bool beat_recently(const Path& attempt) {
  const Path probe = attempt.parent_path() / fmt::format(".probe.{}", ::getpid());
  std::ofstream(probe) << "now";
  std::error_code error;
  const auto now = std::filesystem::last_write_time(probe, error);
  const auto beat = std::filesystem::last_write_time(attempt / "heartbeat", error);
  std::error_code ignored;
  std::filesystem::remove(probe, ignored);
  return !error && now - beat < kLease;
}

bool lives(const Path& attempt, const Json& owner) {
  if (owner.is_null() || std::filesystem::exists(attempt / "end.json")) {
    return false;
  }
  const std::string origin = (attempt / "owner.json").string();
  if (json_get<std::string>(owner, "machine", origin) == machine_identity()) {
    const std::string start = process_start(json_get<std::int64_t>(owner, "pid", origin));
    return !start.empty() && start == json_get<std::string>(owner, "process_start", origin);
  }
  const bool earlier_start_of_this_job =
      !job_name().empty() && json_get<std::string>(owner, "job", origin) == job_name() &&
      json_get<std::string>(owner, "restart", origin) != environment("SLURM_RESTART_COUNT");
  return !earlier_start_of_this_job && beat_recently(attempt);
}

/// True for an attempt that stopped because it was asked to, or was done; and for one that ended
/// the requeues: who starts the run after that means it.
bool ended_by_decision(const Path& attempt) {
  const Path end = attempt / "end.json";
  if (!std::filesystem::exists(end)) {
    return false;
  }
  const int code = json_get<int>(read_json(end), "exit_code", end.string());
  return code == static_cast<int>(ExitCode::Ok) ||
         code == static_cast<int>(ExitCode::Interrupted) ||
         code == static_cast<int>(ExitCode::DoNotRequeue);
}

[[noreturn]] void refuse(const Path& attempt, const std::string& what, const std::string& fix) {
  throw Error(ExitCode::RunOwned,
              Problem{.what = what, .where = attempt.string(), .allowed = "", .fix = fix});
}

[[noreturn]] void refuse_owner(const Path& attempt, const Json& owner) {
  const std::string origin = attempt.string();
  const std::string job = owner.is_null() ? "" : json_get<std::string>(owner, "job", origin);
  refuse(attempt,
         owner.is_null() ? "another start took the run directory at the same moment"
                         : fmt::format("the run directory is in use by process {} on {}{}",
                                       json_get<std::int64_t>(owner, "pid", origin),
                                       json_get<std::string>(owner, "host", origin),
                                       job.empty() ? "" : ", job " + job),
         "wait for it, or stop it cleanly: touch " +
             (attempt.parent_path().parent_path() / "HALT").string());
}

}  // namespace

std::int64_t newest_attempt(const RunDirectory& run) {
  return newest_in(run.attempts());
}

Attempt::Attempt(Path attempts, std::int64_t number)
    : attempts_(std::move(attempts)), number_(number), path_(attempt_path(attempts_, number)) {}

Attempt Attempt::claim(const RunDirectory& run) {
  const std::int64_t newest = newest_in(run.attempts());
  if (newest > 0) {
    const Path last = attempt_path(run.attempts(), newest);
    const Json owner = read_owner(last);
    if (lives(last, owner)) {
      refuse_owner(last, owner);
    }
  }
  Attempt attempt(run.attempts(), newest + 1);
  if (::mkdir(attempt.path_.c_str(), 0755) != 0) {
    if (errno == EEXIST) {
      refuse_owner(attempt.path_, read_owner(attempt.path_));
    }
    throw_system_error("cannot create the attempt", attempt.path_.string(), errno);
  }
  write_json(attempt.path_ / "owner.json", owner_of_this_process());
  attempt.beat();
  return attempt;
}

void Attempt::record_start(std::int64_t step) const {
  write_json(path_ / "start.json", Json{{"step", step}});
  int stuck = 0;
  for (std::int64_t earlier = number_ - 1; earlier > 0 && stuck < kStuckAttempts; --earlier) {
    const Path folder = attempt_path(attempts_, earlier);
    const Path start = folder / "start.json";
    const bool same_start =
        std::filesystem::exists(start) &&
        json_get<std::int64_t>(read_json(start), "step", start.string()) == step;
    if (!same_start || ended_by_decision(folder)) {
      return;
    }
    ++stuck;
  }
  if (stuck == kStuckAttempts) {
    throw Error(
        ExitCode::DoNotRequeue,
        Problem{.what = fmt::format("three attempts went on from step {} and ended without a "
                                    "checkpoint",
                                    step),
                .where = attempts_.string(),
                .allowed = "",
                .fix = "find out why they ended; started once more, the run has three attempts "
                       "again"});
  }
}

void Attempt::beat() const noexcept {
  try {
    std::ofstream(path_ / "heartbeat", std::ios::trunc) << number_ << "\n";
  } catch (...) {  // A missed beat is judged by its age.
  }
}

void Attempt::check_newest() const {
  const std::int64_t newest = newest_in(attempts_);
  if (newest != number_) {
    refuse(attempt_path(attempts_, newest),
           fmt::format("attempt {} took over from attempt {}", newest, number_),
           "nothing: the newer attempt goes on from the last checkpoint");
  }
}

void Attempt::finish(int exit_code, const std::string& state) const noexcept {
  try {
    write_json(path_ / "end.json",
               Json{{"exit_code", exit_code}, {"state", state}, {"ended", utc_now()}});
  } catch (...) {  // Its process is gone in a moment, which says the same.
  }
}

}  // namespace yates::train
