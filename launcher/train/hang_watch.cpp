// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/hang_watch.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "launcher/train/attempt.hpp"
#include "launcher/train/run_directory.hpp"

namespace yates::train {
namespace {

constexpr double kFirstTimeoutS = 600;
constexpr double kLeastTimeoutS = 60;
constexpr double kTimeoutSteps = 10;
constexpr std::int64_t kMeasuredSteps = 10;
constexpr double kBeatIntervalS = 5;

}  // namespace

HangWatch::HangWatch(const TrainSetup& setup,
                     const dist::Communicator& communicator,
                     std::int64_t steps)
    : setup_(setup), communicator_(communicator), steps_(steps) {}

void HangWatch::start(std::int64_t attempt, const std::function<void()>& beat) {
  attempt_ = attempt;
  const RunDirectory directory(setup_.run_directory);
  dist::WatchdogOptions options;
  const auto fixed = parse_number(setup_.options.watchdog_s);
  options.timeout_s = fixed.value_or(kFirstTimeoutS);
  options.interval_s = std::min(1.0, options.timeout_s / 4);
  options.directory = directory.attempts() / fmt::format("{:04}", attempt_);
  options.on_look = [beat, since = Stopwatch()]() mutable {
    if (beat && since.seconds() > kBeatIntervalS) {
      beat();
      since.restart();
    }
  };
  options.on_hang = [this](const std::string& report) {
    write_verdict(ExitCode::Internal, report);
    ::_exit(static_cast<int>(ExitCode::Internal));
  };
  watchdog_.emplace(communicator_, std::move(options));
}

void HangWatch::note_step(double step_s) {
  longest_step_s_ = std::max(longest_step_s_, step_s);
  if (setup_.options.watchdog_s == "auto" && ++measured_steps_ >= kMeasuredSteps) {
    watchdog_->set_timeout(std::max(kLeastTimeoutS, kTimeoutSteps * longest_step_s_));
  }
}

void HangWatch::write_verdict(ExitCode code, const std::string& reason) const noexcept {
  if (attempt_ == 0) {
    return;
  }
  try {
    const RunDirectory directory(setup_.run_directory);
    Status status;
    status.state = "failed";
    status.step = reached_step_;
    status.steps = steps_;
    status.exit_code = static_cast<int>(code);
    status.reason = fmt::format("rank {}: {}", communicator_.rank(), reason);
    status.resumable = code == ExitCode::Io || code == ExitCode::Internal;
    status.attempt = attempt_;
    status.identity = sha256_hex(setup_.identity);
    if (newest_attempt(directory) == attempt_) {
      directory.write_status(status);
    }
  } catch (const std::exception&) {  // The failure itself is on stderr.
  }
}

}  // namespace yates::train
