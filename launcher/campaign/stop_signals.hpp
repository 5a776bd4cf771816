// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM as a launcher takes them: counted, never fatal.
#pragma once

#include <csignal>

namespace yates::campaign {

/// Counts SIGINT and SIGTERM while it lives; the handlers of before come back after it. One at a
/// time in a process.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Signals since the youngest StopSignals was made; 0 before the first.
  static int count();

 private:
  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
};

}  // namespace yates::campaign
