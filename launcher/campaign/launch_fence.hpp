// SPDX-License-Identifier: Apache-2.0
// Which start of `study run --run` owns a run: RUN/launches/NNNN, made by an atomic mkdir. A node
// that was cut off from the cluster may go on with its launcher; the newer launch takes the run
// away from it, and the older one publishes nothing more.
#pragma once

#include <cstdint>
#include <filesystem>

namespace yates::campaign {

class LaunchFence {
 public:
  /// Makes the next launch. Throws Error{RunOwned} if another start was quicker, Error{Io}.
  explicit LaunchFence(const std::filesystem::path& run_directory);

  [[nodiscard]] std::int64_t number() const { return number_; }
  /// True once a newer launch owns the run.
  [[nodiscard]] bool is_superseded() const;
  /// Throws Error{RunOwned} naming the newer launch if there is one. Call before publishing.
  void check() const;

  /// True if the newest launch is an earlier start of the Slurm job that this process belongs to:
  /// Slurm started the job again, so that the other one counts as gone, whatever it still does.
  static bool is_restart_of_newest(const std::filesystem::path& run_directory);

 private:
  std::filesystem::path folder_;
  std::int64_t number_ = 0;
};

}  // namespace yates::campaign
