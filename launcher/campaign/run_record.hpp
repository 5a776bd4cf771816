// SPDX-License-Identifier: Apache-2.0
// What the campaign knows about one run: RUN/campaign.json. The launcher of the campaign is its
// only writer. The trainer's own verdict stands beside it in status.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace yates::campaign {

enum class RunState { Waiting, Running, Done, Diverged, Interrupted, Failed };

/// waiting, running, done, diverged, interrupted, failed.
std::string to_string(RunState state);

struct RunRecord {
  RunState state = RunState::Waiting;
  std::string stage;                ///< train, predict, evaluate: the one running or last tried.
  std::vector<std::string> passed;  ///< Stages that need not be run again.
  std::int64_t starts = 0;          ///< How often a stage was started.
  std::int64_t attempts = 0;        ///< How often training was started.
  std::int64_t failures = 0;        ///< Failed attempts since the last progress by command.
  std::int64_t stalls = 0;          ///< Consecutive clean stops without a further step.
  std::int64_t step = 0;            ///< Of training, when a stage last ended.
  int exit_code = 0;                ///< Of the last stage that ended.
  std::string reason;               ///< Why it is failed, diverged or interrupted.
  double gpu_seconds = 0;           ///< All stages, times their ranks.
  double lost_gpu_seconds = 0;      ///< Of these, work that failed attempts did in vain.
  double open_gpu_seconds = 0;      ///< Of the stage that runs, when the record was last written.

  /// Closes the account of a stage whose launcher died: `lost_share` of it was in vain.
  void settle_open(double lost_share);

  [[nodiscard]] bool has_passed(const std::string& name) const;
  /// True if nothing more will happen to it by itself.
  [[nodiscard]] bool is_final() const;
};

/// Reads RUN/campaign.json; without one the run is waiting. Throws Error{BadData}.
RunRecord read_run_record(const std::filesystem::path& run_directory);

/// Publishes it. Throws Error{Io}.
void write_run_record(const std::filesystem::path& run_directory, const RunRecord& record);

/// The trainer's own account, RUN/status.json (launcher/train/run_directory.hpp). Absent fields are
/// empty.
struct TrainerStatus {
  bool found = false;
  std::string state;  ///< running, done, diverged, interrupted, failed.
  std::int64_t step = 0;
  std::int64_t steps = 0;
  int exit_code = 0;
  std::string reason;
  std::optional<double> eta_s;  ///< Its own estimate of the time left.
};

/// Never throws: an unreadable file counts as not found.
TrainerStatus read_trainer_status(const std::filesystem::path& run_directory);

/// Writes status.json for an external arm, which has no trainer of ours.
void write_external_status(const std::filesystem::path& run_directory, const RunRecord& record);

}  // namespace yates::campaign
