// SPDX-License-Identifier: Apache-2.0
// One start of a run. The folder attempts/NNNN is its fencing token: made by an atomic mkdir, it
// decides between simultaneous starts, and an attempt that is not the newest publishes nothing
// more. No decision rests on a clock of this machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "launcher/train/run_directory.hpp"

namespace yates::train {

/// Number of the newest attempt of a run; 0 if there is none.
std::int64_t newest_attempt(const RunDirectory& run);

/// Held by rank 0 for the length of the attempt.
class Attempt {
 public:
  /// Makes the next attempts/NNNN. Throws Error{RunOwned} naming host, process and job if another
  /// attempt lives: its process runs on this machine; or it beat, elsewhere, less than a minute ago
  /// by the file system's own time, and is not an earlier start of the same requeued job.
  static Attempt claim(const RunDirectory& run);

  [[nodiscard]] std::int64_t number() const { return number_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Notes the step from which this attempt goes on. Throws Error{DoNotRequeue} if the three
  /// attempts before it went on from the same step and none of them ended cleanly, or with this
  /// error.
  void record_start(std::int64_t step) const;

  /// Shows other machines that this attempt lives. Call every few seconds. Never throws.
  void beat() const noexcept;

  /// Throws Error{RunOwned} if a newer attempt exists. Call before publishing.
  void check_newest() const;

  /// Notes the end: a finished attempt owns nothing. Never throws.
  void finish(int exit_code, const std::string& state) const noexcept;

 private:
  Attempt(std::filesystem::path attempts, std::int64_t number);

  std::filesystem::path attempts_;
  std::int64_t number_;
  std::filesystem::path path_;
};

}  // namespace yates::train
