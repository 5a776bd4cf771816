// SPDX-License-Identifier: Apache-2.0
// The records of a campaign's runs as one launcher keeps them: read once, published after each
// change, never by a launch that a newer one has fenced off.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "launcher/campaign/launch_fence.hpp"
#include "launcher/campaign/plan.hpp"
#include "launcher/campaign/run_record.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

/// Runs are named by their place in the plan, which lives longer than the book, as the study does.
class RunBook {
 public:
  /// `only`: the id of the one run that this launcher works on, which it fences off against older
  /// launches; empty: all runs. A run that its last launcher left running is settled. Throws as
  /// LaunchFence and read_run_record do.
  RunBook(const config::StudyFile& study, const Plan& plan, std::string only);

  [[nodiscard]] std::size_t size() const { return records_.size(); }
  [[nodiscard]] RunRecord& operator[](std::size_t run) { return records_[run]; }
  [[nodiscard]] const RunRecord& operator[](std::size_t run) const { return records_[run]; }

  [[nodiscard]] const std::string& id(std::size_t run) const { return plan_.runs[run].id; }
  [[nodiscard]] const config::StudyArm& arm(std::size_t run) const;
  [[nodiscard]] std::filesystem::path directory(std::size_t run) const;
  /// False for the runs of other launchers.
  [[nodiscard]] bool is_ours(std::size_t run) const;
  /// Of all runs, those that are under way included.
  [[nodiscard]] double used_gpu_days() const;

  /// Throws Error{RunOwned} if a newer launch owns the run of `only`.
  void check_fence() const;
  /// Writes the run's record. Throws as check_fence does, and Error{Io}.
  void publish(std::size_t run);
  /// Publishes the run in this state, and logs it.
  void finish(std::size_t run, RunState state, const std::string& reason);

 private:
  const config::StudyFile& study_;
  const Plan& plan_;
  std::string only_;
  std::vector<RunRecord> records_;    ///< One per planned run.
  std::optional<LaunchFence> fence_;  ///< With `only`.
};

}  // namespace yates::campaign
