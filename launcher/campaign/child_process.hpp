// SPDX-License-Identifier: Apache-2.0
// A program started without a shell, whose whole family ends with it or with us.
//
// Between us and the program stands a guard: a small fork of this process, the reaper of everything
// that the program starts. When the program ends, or when we die in whatever way, the guard ends
// what is left of the family, also processes that left its process group.
#pragma once

#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace yates::campaign {

struct Command {
  std::vector<std::string> words;                  ///< Program (looked up in PATH) and arguments.
  std::map<std::string, std::string> environment;  ///< Added to, or replacing, ours.
  std::filesystem::path directory;                 ///< Working directory; empty: ours.
  std::filesystem::path log;                       ///< Gets stdout and stderr; appended.
  /// What asks it to stop. SIGTERM goes to its process group; any other signal to the program
  /// alone, which is to pass it on.
  int stop_signal = SIGTERM;
};

/// How a program ended.
struct Ending {
  int exit_code = 0;  ///< As a shell gives it: 128 + signal after a signal; 127 if not started.
  int signal = 0;     ///< The signal that ended it, or 0.

  /// "exit code 3", "signal 9 (Killed)".
  [[nodiscard]] std::string text() const;
};

class ChildProcess {
 public:
  /// Starts it. Throws Error{Internal} if the system has no more processes. A program that cannot
  /// be executed ends with 127 and says why in its log. Call from a process without threads.
  explicit ChildProcess(const Command& command);
  /// Kills the family if it still runs, and waits for that.
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// Becomes readable when the program has ended; for poll().
  [[nodiscard]] int ended_descriptor() const { return report_; }
  /// How it ended, once it has; nothing before. Does not wait.
  std::optional<Ending> ending();

  /// Sends the command's `stop_signal`.
  void ask_to_stop();
  /// Sends SIGKILL to the whole family.
  void kill();

 private:
  void send(char order);

  pid_t guard_ = -1;
  int control_ = -1;  ///< Orders to the guard; its closing tells the guard that we are gone.
  int report_ = -1;   ///< The ending, from the guard.
  std::optional<Ending> ending_;
};

}  // namespace yates::campaign
