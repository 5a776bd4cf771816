// SPDX-License-Identifier: Apache-2.0
#include "dist/watchdog.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <fstream>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/log.hpp"

namespace yates::dist {
namespace {

std::filesystem::path pulse_path(const std::filesystem::path& directory, int rank) {
  return directory / fmt::format("pulse-rank{:04}.json", rank);
}

/// What a rank is doing, for people: "in all_reduce_max (8 bytes, operation 12) at step 7,
/// backward".
std::string describe(const std::string& phase, std::int64_t step, const CommunicationState& state) {
  const std::string subject = state.subject.empty() ? "" : ", " + state.subject;
  const std::string doing =
      state.inside
          ? fmt::format("in {} ({} bytes, operation {}{})",
                        state.operation,
                        state.bytes,
                        state.sequence,
                        subject)
          : fmt::format("computing after {} (operation {})", state.operation, state.sequence);
  return fmt::format("{} at step {}, {}", doing, step, phase);
}

}  // namespace

Watchdog::Watchdog(const Communicator& communicator, WatchdogOptions options)
    : communicator_(communicator), options_(std::move(options)) {
  if (!options_.on_hang) {
    options_.on_hang = [](const std::string&) { ::_exit(static_cast<int>(ExitCode::Internal)); };
  }
  thread_ = std::thread([this] { watch(); });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

void Watchdog::progress(const std::string& phase, std::int64_t step) {
  const std::lock_guard lock(mutex_);
  pulse_.phase = phase;
  pulse_.step = step;
  ++pulse_.count;
}

void Watchdog::set_timeout(double timeout_s) {
  const std::lock_guard lock(mutex_);
  options_.timeout_s = timeout_s;
}

Watchdog::Pulse Watchdog::pulse() {
  Pulse now = pulse_;
  now.communication = communicator_.state();
  return now;
}

void Watchdog::watch() {
  Stopwatch still;
  std::unique_lock lock(mutex_);
  Pulse last = pulse();
  write_pulse(last);
  while (!stopped_.wait_for(
      lock, std::chrono::duration<double>(options_.interval_s), [this] { return stop_; })) {
    const Pulse now = pulse();
    const double timeout_s = options_.timeout_s;
    lock.unlock();
    if (now.count != last.count || now.communication.sequence != last.communication.sequence ||
        now.communication.inside != last.communication.inside) {
      still.restart();
    }
    last = now;
    write_pulse(now);
    if (options_.on_look) {
      options_.on_look();
    }
    if (still.seconds() > timeout_s) {
      report_hang(now, still.seconds());
      return;
    }
    lock.lock();
  }
}

void Watchdog::write_pulse(const Pulse& pulse) const {
  if (options_.directory.empty()) {
    return;
  }
  const Json json = {{"step", pulse.step},
                     {"phase", pulse.phase},
                     {"operation", pulse.communication.operation},
                     {"sequence", pulse.communication.sequence},
                     {"bytes", pulse.communication.bytes},
                     {"inside", pulse.communication.inside},
                     {"subject", pulse.communication.subject}};
  try {
    // Renamed so that readers see whole files; without fsync, which every second would be felt.
    const std::filesystem::path path = pulse_path(options_.directory, communicator_.rank());
    std::filesystem::path temporary = path;
    temporary += ".new";
    std::ofstream(temporary) << json.dump() << "\n";
    std::filesystem::rename(temporary, path);
  } catch (const std::exception&) {  // A full disk is reported by those who need it.
  }
}

std::string Watchdog::late_ranks(const Pulse& mine) const {
  std::string late;
  for (int rank = 0; rank < communicator_.size(); ++rank) {
    if (rank == communicator_.rank()) {
      continue;
    }
    try {
      const std::string origin = pulse_path(options_.directory, rank).string();
      const Json json = read_json(origin);
      CommunicationState state;
      state.sequence = json_get<std::uint64_t>(json, "sequence", origin);
      state.operation = json_get<std::string>(json, "operation", origin);
      state.bytes = json_get<std::size_t>(json, "bytes", origin);
      state.inside = json_get<bool>(json, "inside", origin);
      state.subject = json_get<std::string>(json, "subject", origin);
      if (state.sequence < mine.communication.sequence ||
          (mine.communication.inside && !state.inside)) {
        late += fmt::format("; rank {} is late: {}",
                            rank,
                            describe(json_get<std::string>(json, "phase", origin),
                                     json_get<std::int64_t>(json, "step", origin),
                                     state));
      }
    } catch (const Error&) {
      late += fmt::format("; rank {} never showed a pulse", rank);
    }
  }
  return late;
}

void Watchdog::report_hang(const Pulse& mine, double still_s) const {
  const int rank = communicator_.rank();
  const std::string report = fmt::format("no progress for {:.0f} s: rank {} is {}{}",
                                         still_s,
                                         rank,
                                         describe(mine.phase, mine.step, mine.communication),
                                         late_ranks(mine));
  log_message(LogLevel::Error, report);
  try {
    write_json(options_.directory / fmt::format("incident-rank{:04}.json", rank),
               Json{{"kind", "hang"},
                    {"rank", rank},
                    {"step", mine.step},
                    {"phase", mine.phase},
                    {"operation", mine.communication.operation},
                    {"sequence", mine.communication.sequence},
                    {"subject", mine.communication.subject},
                    {"still_s", still_s},
                    {"report", report},
                    {"time", utc_now()}});
  } catch (const Error&) {  // The report is on stderr already.
  }
  options_.on_hang(report);
}

}  // namespace yates::dist
