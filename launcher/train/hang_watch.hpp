// SPDX-License-Identifier: Apache-2.0
// The watchdog of one attempt: how long a step may take, and what the run directory says when this
// rank hangs or fails.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "dist/communicator.hpp"
#include "dist/watchdog.hpp"
#include "launcher/train/trainer.hpp"

namespace yates::train {

/// Ends the process where the rank makes no progress within the time-out: the one that the options
/// fix, else long for the first steps and then a multiple of the longest step so far.
class HangWatch {
 public:
  /// `steps` are those of the whole run. Watches from `start` on.
  HangWatch(const TrainSetup& setup, const dist::Communicator& communicator, std::int64_t steps);

  /// Watches attempt number `attempt`; `beat`, which may be empty, is called every few seconds on
  /// the watchdog's thread. Call once.
  void start(std::int64_t attempt, const std::function<void()>& beat);

  /// Of the attempt that was started.
  dist::Watchdog& watchdog() { return *watchdog_; }

  /// The run has reached `step`.
  void reach(std::int64_t step) { reached_step_ = step; }
  /// A step took so long.
  void note_step(double step_s);

  /// Makes status.json say that the run failed, if the attempt still owns the directory. For a
  /// failure that rank 0 cannot tell, because it hangs itself or is about to be ended with the
  /// others: the one time that another rank writes there. Nothing before `start`.
  void write_verdict(ExitCode code, const std::string& reason) const noexcept;

 private:
  const TrainSetup& setup_;
  const dist::Communicator& communicator_;
  std::int64_t steps_;
  std::int64_t attempt_ = 0;
  std::atomic<std::int64_t> reached_step_ = 0;
  double longest_step_s_ = 0;
  std::int64_t measured_steps_ = 0;
  std::optional<dist::Watchdog> watchdog_;  // Last: its thread uses the others.
};

}  // namespace yates::train
