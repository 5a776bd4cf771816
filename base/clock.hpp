// SPDX-License-Identifier: Apache-2.0
// Time for people and for measuring. Nothing in yates decides by wall-clock time.
#pragma once

#include <string>

namespace yates {

/// Seconds since an arbitrary start; monotonic, unaffected by clock changes.
double steady_seconds();

/// The wall clock as UTC, ISO 8601 with milliseconds: 2026-01-31T12:34:56.789Z.
std::string utc_now();

/// Largest resident set size of this process so far, in MiB.
double peak_rss_mb();

/// Measures from construction; `seconds()` may be asked any number of times.
class Stopwatch {
 public:
  Stopwatch() : start_(steady_seconds()) {}
  [[nodiscard]] double seconds() const { return steady_seconds() - start_; }
  void restart() { start_ = steady_seconds(); }

 private:
  double start_;
};

}  // namespace yates
