// SPDX-License-Identifier: Apache-2.0
// The folder of one run: who writes which file there, and what people may put in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace yates::train {

/// The verdict of a run, as status.json holds it. Scripts trust this, not an exit code: a launcher
/// reports the code of whichever rank ended first.
struct Status {
  std::string state = "running";  ///< running, done, diverged, interrupted, failed
  std::int64_t step = 0;          ///< Completed steps.
  std::int64_t steps = 0;         ///< Steps of the whole run.
  std::optional<int> exit_code;   ///< Absent while running.
  std::string reason;
  bool resumable = true;  ///< The same command continues.
  std::int64_t attempt = 0;
  std::optional<double> eta_s;
  std::string identity;  ///< SHA-256 of the configuration that decides the result.
};

/// Paths and small files of a run directory. Only rank 0 of the owning attempt writes.
class RunDirectory {
 public:
  explicit RunDirectory(std::filesystem::path path) : path_(std::move(path)) {}

  /// Creates the folders that are missing. Throws Error{Io}.
  void create() const;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path attempts() const { return path_ / "attempts"; }
  [[nodiscard]] std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  [[nodiscard]] std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  [[nodiscard]] std::filesystem::path final_weights() const { return path_ / "final.safetensors"; }

  /// Nothing if there is none yet. Throws Error{BadData} for a damaged file.
  [[nodiscard]] std::optional<Status> read_status() const;
  /// Replaces status.json atomically. Throws Error{Io}.
  void write_status(const Status& status) const;
  /// Replaces run.yaml atomically. Throws Error{Io}.
  void write_configuration(const std::string& yaml) const;

  /// A file HALT asks to stop cleanly; it stays, so that queued starts stop as well.
  [[nodiscard]] bool halt_asked() const;
  /// A file SAVE asks for a checkpoint now; reading the wish removes it.
  [[nodiscard]] bool take_save_request() const;

  /// Removes the temporary files that attempts left here when they were killed while writing.
  void remove_unfinished() const;

 private:
  std::filesystem::path path_;
};

}  // namespace yates::train
