// SPDX-License-Identifier: Apache-2.0
// Batch scripts and sbatch options of a study. Every value of a user is one quoted word of the
// script or one element of an argument array; nothing is ever read by a shell twice.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "launcher/campaign/plan.hpp"
#include "launcher/config/site_file.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

/// Where and how this study is submitted.
struct Submission {
  std::filesystem::path yates;         ///< This program, as compute nodes see it.
  std::filesystem::path site_file;     ///< Empty: the defaults.
  std::vector<std::string> overrides;  ///< As given on the command line.
  config::SiteOptions site;
};

/// `word` for a POSIX shell: one word with exactly these bytes. Precondition: no NUL.
std::string shell_quote(const std::string& word);

/// Quoted words with blanks between them.
std::string shell_line(const std::vector<std::string>& words);

/// How srun is called inside a job.
struct SrunOptions {
  std::string mpi = "pmix";      ///< Of --mpi.
  std::string gpus_as = "gres";  ///< As SiteOptions::gpus_as: what the step asks for.
};

/// srun and its options for the ranks of one training of `study`.
std::vector<std::string> srun_words(const config::StudyFile& study, const SrunOptions& options);

/// The batch script of an array whose element i is the run `ids[i]`.
std::string run_script(const config::StudyFile& study,
                       const Submission& submission,
                       const std::vector<std::string>& ids);

/// The batch script of the gate.
std::string gate_script(const config::StudyFile& study, const Submission& submission);

/// The arrays of one submission: at most as many elements as the site allows in each.
std::vector<std::vector<std::string>> split_by_size(const std::vector<std::string>& ids,
                                                    std::int64_t max_array_size);

/// Name of a job of this study: "yates-NAME-DIGEST-PART", the digest being that of the folder.
std::string job_name(const config::StudyFile& study, const std::string& part);

/// sbatch and its arguments for an array of `count` elements.
std::vector<std::string> sbatch_runs(const config::StudyFile& study,
                                     const Submission& submission,
                                     const std::string& name,
                                     std::size_t count,
                                     const std::filesystem::path& script);

/// sbatch and its arguments for a gate that waits until all `jobs` have ended.
std::vector<std::string> sbatch_gate(const config::StudyFile& study,
                                     const Submission& submission,
                                     const std::string& name,
                                     const std::vector<std::string>& jobs,
                                     const std::filesystem::path& script);

}  // namespace yates::campaign
