// SPDX-License-Identifier: Apache-2.0
// Waves of seed blocks, and the record of what was submitted to Slurm: OUT/slurm/waves.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "launcher/campaign/plan.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

/// One array and the runs of its elements.
struct Batch {
  std::int64_t wave = 0;
  std::string name;               ///< Of the job.
  std::vector<std::string> runs;  ///< Ids; element i is runs[i].
  std::string job;                ///< Empty: sbatch was about to be called and may have been.
  std::string submitted;          ///< When: UTC.
};

struct WaveLog {
  std::vector<Batch> batches;
  std::string gate_name;  ///< Of the last wave.
  std::string gate_job;   ///< Empty: none was submitted.
  std::string stopped;    ///< Why no further wave is submitted; empty: it goes on.

  /// 0 before the first submission.
  [[nodiscard]] std::int64_t wave() const { return batches.empty() ? 0 : batches.back().wave; }
};

/// Seeds per arm at the end of each wave: the looks of the study, and all seeds.
std::vector<std::int64_t> wave_ends(const config::StudyFile& study);

/// Runs of wave 1, 2, ... as indices in the plan: the longest first; runs of unknown length before
/// all others.
std::vector<std::size_t> wave_runs(const config::StudyFile& study,
                                   const Plan& plan,
                                   std::int64_t wave);

/// The same in the order in which `slots` runs at once of `ranks` GPUs each end soonest; as above
/// where a length is unknown.
std::vector<std::size_t> packed_wave(const config::StudyFile& study,
                                     const Plan& plan,
                                     std::int64_t wave,
                                     std::int64_t slots,
                                     std::int64_t ranks);

/// OUT/slurm.
std::filesystem::path slurm_directory(const config::StudyFile& study);

/// Empty if nothing was submitted. Throws Error{BadData}.
WaveLog read_wave_log(const config::StudyFile& study);
/// Publishes it. Throws Error{Io}.
void write_wave_log(const config::StudyFile& study, const WaveLog& log);

}  // namespace yates::campaign
