// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/submission_preview.hpp"

#include <cstddef>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "launcher/campaign/scratch_name.hpp"
#include "launcher/campaign/slurm_commands.hpp"
#include "launcher/campaign/stages.hpp"
#include "launcher/campaign/wave.hpp"

namespace yates::campaign {
namespace {

using Ids = std::vector<std::string>;

SrunOptions srun_of(const Submission& submission) {
  return {.mpi = submission.site.mpi, .gpus_as = submission.site.gpus_as};
}

}  // namespace

std::string check_submission(const config::StudyFile& study,
                             const Plan& plan,
                             const Submission& submission) {
  const std::filesystem::path scratch = slurm_directory(study);
  make_directories(scratch / "log");
  const std::filesystem::path script = scratch_name(scratch, "check.sbatch");
  const auto ask = [&](std::vector<std::string> words, const std::string& text) {
    std::erase_if(words, [](const std::string& word) { return word.starts_with("--dependency="); });
    words.insert(words.begin() + 1, "--test-only");
    write_file_atomic(script, text);
    std::string answer;
    try {
      answer = run_slurm_program(words, scratch);
    } catch (const Error& error) {
      std::error_code ignored;
      std::filesystem::remove(script, ignored);
      throw;
    }
    return std::string(trim(answer)) + "\n";
  };
  Ids ids;
  for (const std::size_t run : wave_runs(study, plan, 1)) {
    ids.push_back(plan.runs[run].id);
  }
  std::string text;
  std::size_t number = 0;
  for (const Ids& part : split_by_size(ids, submission.site.max_array_size)) {
    const std::string name = job_name(study, fmt::format("w1-{}", ++number));
    text += name + ": " +
            ask(sbatch_runs(study, submission, name, part.size(), script),
                run_script(study, submission, part));
  }
  const std::string gate = job_name(study, fmt::format("gate1-{}", number));
  text += gate + ": " +
          ask(sbatch_gate(study, submission, gate, {"0"}, script), gate_script(study, submission));
  std::filesystem::remove(script);
  return text;
}

std::string dry_run(const config::StudyFile& study,
                    const Plan& plan,
                    const Submission& submission,
                    std::int64_t wave) {
  Ids ids;
  std::string lines;
  const StageOptions stages{.ranks = study.slurm.ranks_per_run,
                            .launch = srun_words(study, srun_of(submission)),
                            .yates = submission.yates,
                            .references = {},
                            .convention = study.spec.convention};
  for (const std::size_t run : wave_runs(study, plan, wave)) {
    ids.push_back(plan.runs[run].id);
    lines += shell_line(stage_command(study, plan.runs[run], kTrain, 1, stages).words) + "\n";
  }
  std::string text;
  std::size_t number = 0;
  Ids placeholders;
  for (const Ids& part : split_by_size(ids, submission.site.max_array_size)) {
    const std::string name = job_name(study, fmt::format("w{}-{}", wave, ++number));
    const std::filesystem::path script = slurm_directory(study) / (name + ".sbatch");
    text += shell_line(sbatch_runs(study, submission, name, part.size(), script)) + "\n\n" +
            run_script(study, submission, part) + "\n";
    placeholders.push_back("JOB" + std::to_string(number));
  }
  const std::string gate = job_name(study, fmt::format("gate{}-{}", wave, number));
  const std::filesystem::path script = slurm_directory(study) / (gate + ".sbatch");
  text += shell_line(sbatch_gate(study, submission, gate, placeholders, script)) + "\n\n" +
          gate_script(study, submission) + "\nThe elements of wave " + std::to_string(wave) +
          " start:\n" + lines;
  return text;
}

}  // namespace yates::campaign
