// SPDX-License-Identifier: Apache-2.0
// What is peculiar to one Slurm cluster: a file of slurm/sites.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace yates::config {

struct SiteOptions {
  std::string mpi = "pmix";            ///< Of srun --mpi.
  std::string gpus_as = "gres";        ///< gres, per_node, none: how GPUs are asked for.
  std::int64_t max_array_size = 1001;  ///< Indices of an array are below it.
  std::int64_t max_running = 0;        ///< Elements of a wave that run at once; 0: no limit.
  std::int64_t signal_s = 300;         ///< Before the time limit; when runs are told to stop.
  std::string gate_partition = {};     ///< Empty: that of the study.
  /// Folder on a disk of the node to which data are copied before training: an absolute path, or
  /// "$NAME" for what that variable holds in the job. Empty: data are read where they are.
  std::string stage_to = {};
  std::vector<std::string> options = {};  ///< Further sbatch options, each beginning with "--".
  std::vector<std::string> setup = {};    ///< Shell lines before the first program.
};

/// Reads a site file; an empty path gives the defaults. Throws Error{InputMissing}, or
/// Error{BadConfig} with all findings.
SiteOptions load_site_file(const std::filesystem::path& path);

}  // namespace yates::config
