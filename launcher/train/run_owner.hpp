// SPDX-License-Identifier: Apache-2.0
// What rank 0 does for the run: it owns the attempt and writes every file of the run directory.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "launcher/train/attempt.hpp"
#include "launcher/train/metrics_log.hpp"
#include "launcher/train/run_directory.hpp"
#include "launcher/train/trainer.hpp"
#include "launcher/train/training_state.hpp"
#include "launcher/train/training_step.hpp"
#include "launcher/train/validation.hpp"

namespace yates::train {

/// The verdict of a run that needs no more training; nothing if it does. Throws Error{BadConfig} if
/// the run directory holds a finished run of another configuration.
std::optional<TrainResult> finished_before(const TrainSetup& setup);

/// Exists on rank 0 only, from the claim of the run directory to its end. No member is collective.
class RunOwner {
 public:
  /// Claims the run directory. Throws Error{RunOwned}.
  RunOwner(const TrainSetup& setup, std::int64_t steps);
  /// Without `end` before it: the attempt failed.
  ~RunOwner();
  RunOwner(const RunOwner&) = delete;
  RunOwner& operator=(const RunOwner&) = delete;

  /// Loads the newest checkpoint that verifies into `state`, and says so; nothing if there is none.
  /// Throws Error{BadConfig} for a checkpoint of another identity, Error{DoNotRequeue}.
  void resume(TrainingState& state);

  [[nodiscard]] const RunDirectory& directory() const { return directory_; }
  [[nodiscard]] const Attempt& attempt() const { return attempt_; }

  /// Writes the line of a step that ended with `state.step()` completed steps, and shows progress.
  void note_step(const TrainingState& state, const StepResult& result);
  void note_validation(const TrainingState& state, const ValidationResult& result);
  /// Publishes a checkpoint and removes old ones. Throws Error{Io}, Error{RunOwned}.
  void save(const TrainingState& state);
  /// Publishes the weights of a finished run.
  void save_final(const TrainingState& state);
  /// Writes the verdict.
  void end(const TrainResult& result);
  /// Writes the verdict of an attempt that an error ended, unless a newer attempt owns the run.
  void fail(const Error& error) noexcept;

 private:
  void check_identity(const io::SafetensorsFile& file) const;
  void warn_about_fingerprint(const io::SafetensorsFile& file) const;
  void warn_about_buckets(const io::SafetensorsFile& file, const TrainingState& state) const;
  [[nodiscard]] io::Metadata metadata(const TrainingState& state) const;
  [[nodiscard]] Status status_at(std::int64_t step) const;
  void write_events() const noexcept;
  void write_running(std::int64_t step);

  const TrainSetup& setup_;
  std::int64_t steps_;
  RunDirectory directory_;
  Attempt attempt_;
  std::optional<MetricsLog> metrics_;
  std::optional<Progress> progress_;
  Stopwatch watch_;
  double status_written_s_ = 0;
  std::int64_t first_step_ = 0;
  std::int64_t step_ = 0;
  bool ended_ = false;
};

}  // namespace yates::train
