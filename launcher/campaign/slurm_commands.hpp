// SPDX-License-Identifier: Apache-2.0
// Slurm's programs, started without a shell, and what they answer.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace yates::campaign {

/// Output of a program of Slurm that ended with 0. `scratch` is a folder for it, `patience_s` how
/// long to wait. Throws like submit_job, and Error{Io} when it took longer: it is killed then.
std::string run_slurm_program(const std::vector<std::string>& words,
                              const std::filesystem::path& scratch,
                              double patience_s = 300);

/// Runs sbatch with --parsable among `words` and returns the id of the job. `scratch` is a folder
/// for its output. Throws Error{Io} with what it said if it refuses, Error{InputMissing} if there
/// is no such program.
std::string submit_job(const std::vector<std::string>& words, const std::filesystem::path& scratch);

/// The ids of jobs with one of these names that are pending or running; each once. Throws like
/// submit_job.
std::vector<std::string> queued_jobs(const std::vector<std::string>& names,
                                     const std::filesystem::path& scratch);

/// Cancels pending jobs with these names; running ones are left. Throws like submit_job.
void cancel_pending(const std::vector<std::string>& names, const std::filesystem::path& scratch);

}  // namespace yates::campaign
