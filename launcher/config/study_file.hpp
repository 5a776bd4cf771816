// SPDX-License-Identifier: Apache-2.0
// A study file: which arms there are, what each changes in the base configuration, with which seeds
// they are run, and how the results will be analysed. Contract section 3.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "launcher/config/run_config.hpp"
#include "launcher/study/study_spec.hpp"

namespace yates::config {

/// One combination of levels with its configuration.
struct StudyArm {
  std::string id;        ///< Letters, digits, '.', '_', '-': a name for directories.
  study::Levels levels;  ///< All factors.
  RunConfig config;      ///< Base and levels; seed and run directory are those of the base.
  /// Program and arguments of an external arm, as written; empty for a network of ours.
  std::vector<std::string> command;
  /// What is executed: command[0], made absolute where it is a relative path that exists beside the
  /// file which says it. Not part of the run's identity.
  std::string program;

  [[nodiscard]] bool is_external() const { return !command.empty(); }
};

/// What a job on a Slurm cluster asks for.
struct SlurmOptions {
  std::optional<std::string> partition;
  std::optional<std::string> account;
  std::int64_t gpus_per_node = 1;
  std::int64_t cpus_per_rank = 1;
  std::int64_t ranks_per_run = 1;
  std::int64_t time_limit_s = 24 * 3600;
  std::vector<std::string> extra;  ///< Further sbatch options, each beginning with "--".
};

struct StudyFile {
  std::filesystem::path path;
  study::StudySpec spec;
  std::filesystem::path base;  ///< study.base as written, relative to the study file; may be empty.
  /// Folder of plan and runs; as written, relative to the current directory.
  std::filesystem::path out;
  std::vector<StudyArm> arms;  ///< In Yates order (first factor fastest), excluded ones left out.
  std::optional<double> gpu_days;  ///< Budget.
  std::int64_t attempts = 3;       ///< Starts of one run before it counts as failed.
  SlurmOptions slurm;
};

/// True if the file is a study file: its top level has the key `study` or `factors`. False for a
/// file that cannot be parsed. Throws Error{InputMissing}.
bool is_study_file(const std::filesystem::path& path);

/// Reads a study file, its base (relative to the study file) and `overrides`, which replace values
/// of the base. Throws Error{InputMissing}, or Error{BadConfig} with the findings in all sections,
/// in the base and in every arm at once.
StudyFile load_study_file(const std::filesystem::path& path,
                          const std::vector<std::string>& overrides = {});

/// What a run of `arm` with `seed` is, as text: levels, command, and every value that decides its
/// result. Equal texts mean the same run.
std::string run_identity(const StudyArm& arm, std::int64_t seed);

}  // namespace yates::config
