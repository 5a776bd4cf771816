// SPDX-License-Identifier: Apache-2.0
// Messages to people on stderr: warnings, notes, progress. Machine text never goes through here.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace yates {

enum class LogLevel { Info, Warning, Error };

/// Text put before every line of this process, e.g. "[r1 of 2] "; empty at the start.
void set_log_prefix(std::string prefix);

/// Messages below `level` are dropped; ranks other than 0 show warnings and errors only.
void set_log_level(LogLevel level);

/// Writes one line with its level; whole lines also from several threads. Colour on a terminal
/// unless NO_COLOR is set.
void log_message(LogLevel level, const std::string& text);

template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::Info, fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::Warning, fmt::format(format, std::forward<Args>(args)...));
}

/// Progress of a long task with an estimate of the time left. On a terminal one line that redraws
/// itself; otherwise a plain line every 30 s or 1 %, whichever is rarer, and one at the end.
class Progress {
 public:
  /// `label` names the task, `unit` what is counted ("case", "step"). A task continued at `done`
  /// estimates from the work of this process alone.
  Progress(std::string label, std::int64_t total, std::string unit, std::int64_t done = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Reports that `done` of the total are finished; `detail` is shown behind, e.g. "loss 0.41".
  void update(std::int64_t done, const std::string& detail = "");

 private:
  void show(const std::string& detail, bool last);

  std::string label_;
  std::int64_t total_;
  std::string unit_;
  std::int64_t first_;
  std::int64_t done_;
  std::int64_t shown_ = -1;
  double start_;
  double shown_at_;
  bool terminal_;
};

}  // namespace yates
