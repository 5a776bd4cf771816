// SPDX-License-Identifier: Apache-2.0
// How yates fails: one exception type that carries everything a user needs to go on.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace yates {

/// Process exit codes. They are part of the contract with job scripts: do not change the values.
enum class ExitCode : int {
  Ok = 0,
  Usage = 2,          ///< The command line could not be understood.
  Incomplete = 3,     ///< Runs are missing, or the asked contrast cannot be estimated.
  BadData = 65,       ///< An input exists but its content is wrong.
  InputMissing = 66,  ///< An input does not exist or cannot be opened.
  Internal = 70,      ///< A bug, or a hang that the watchdog ended.
  Io = 74,            ///< Writing failed: disk full, quota, permission.
  Interrupted = 75,   ///< Stopped cleanly; the same command continues.
  DoNotRequeue = 76,  ///< Replicas diverged, or no progress in three attempts.
  RunOwned = 77,      ///< Another attempt owns the run directory.
  BadConfig = 78,     ///< The configuration is wrong.
};

/// One finding, in the parts a reader needs. Empty parts are left out of the text.
struct Problem {
  std::string what;       ///< What was read or tried, with the offending value.
  std::string where;      ///< File, file:line:column, case, rank: the place to look at.
  std::string allowed;    ///< What would have been accepted.
  std::string fix;        ///< What to type or change.
  std::string excerpt{};  ///< The offending source line with a caret below it, for text files.
};

/// Writes `where: error: what`, the excerpt, then `allowed` and `fix` on indented lines below.
std::string to_string(const Problem& problem);

/// A failure that ends the current command. `main` prints `what()` and exits with `code()`.
class Error : public std::exception {
 public:
  Error(ExitCode code, Problem problem);
  /// Several findings of one kind, reported together. Precondition: not empty.
  Error(ExitCode code, std::vector<Problem> problems);

  [[nodiscard]] ExitCode code() const noexcept { return code_; }
  [[nodiscard]] const std::vector<Problem>& problems() const noexcept { return problems_; }
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  ExitCode code_;
  std::vector<Problem> problems_;
  std::string text_;
};

/// Throws Error{Io} for the failed system call `what` on `path`, with the text of `error_number`.
[[noreturn]] void throw_system_error(const std::string& what,
                                     const std::string& path,
                                     int error_number);

/// Throws Error{Internal} for a broken invariant. Called by YATES_ASSERT only.
[[noreturn]] void throw_assertion(const char* condition,
                                  const char* file,
                                  int line,
                                  const std::string& text);

}  // namespace yates

/// Checks an invariant of our own code; a failure is a bug in yates, never wrong input.
/// Usage: YATES_ASSERT(rows > 0, "rows = {}", rows).
#define YATES_ASSERT(condition, ...)                                                        \
  do {                                                                                      \
    if (!(condition)) {                                                                     \
      ::yates::throw_assertion(#condition, __FILE__, __LINE__, ::fmt::format(__VA_ARGS__)); \
    }                                                                                       \
  } while (false)
