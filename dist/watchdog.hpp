// SPDX-License-Identifier: Apache-2.0
// Ends a run that stands still: neither MPI nor a job scheduler notices a rank that hangs.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "dist/communicator.hpp"

namespace yates::dist {

struct WatchdogOptions {
  double timeout_s = 600;           ///< Seconds without progress that count as a hang.
  double interval_s = 1;            ///< Seconds between looks.
  std::filesystem::path directory;  ///< Of pulse and incident files; empty: no pulses.
  std::function<void()> on_look;    ///< Called at every look, on the watchdog's thread.
  /// Called once for a hang, with the report; must not return to the run. Default: end this process
  /// with 70, which ends the launcher's world.
  std::function<void(const std::string& report)> on_hang;
};

/// Watches one rank from a thread of its own; communicates through files only. A rank makes
/// progress when it calls `progress` or begins another communication. On a hang, the report names
/// this rank's phase and operation and the ranks that are behind, and is left in
/// `incident-rank0001.json`.
class Watchdog {
 public:
  Watchdog(const Communicator& communicator, WatchdogOptions options);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// The rank now does `phase` of `step`.
  void progress(const std::string& phase, std::int64_t step);
  /// Changes the time-out, e.g. once the length of a step is known.
  void set_timeout(double timeout_s);

 private:
  struct Pulse {
    std::string phase = "start";
    std::int64_t step = 0;
    std::uint64_t count = 0;
    CommunicationState communication;
  };

  void watch();
  [[nodiscard]] Pulse pulse();
  void write_pulse(const Pulse& pulse) const;
  [[nodiscard]] std::string late_ranks(const Pulse& mine) const;
  void report_hang(const Pulse& mine, double still_s) const;

  const Communicator& communicator_;
  WatchdogOptions options_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  Pulse pulse_;
  std::thread thread_;
};

}  // namespace yates::dist
