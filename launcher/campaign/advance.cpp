// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/advance.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "launcher/campaign/campaign_lock.hpp"
#include "launcher/campaign/run_record.hpp"
#include "launcher/campaign/scratch_name.hpp"
#include "launcher/campaign/slurm_commands.hpp"
#include "launcher/campaign/stages.hpp"
#include "launcher/campaign/stopping_rule.hpp"

namespace yates::campaign {
namespace {

using Ids = std::vector<std::string>;

/// Throws Error{InputMissing} where there is no sbatch, before anything is noted as submitted.
void require_sbatch(const config::StudyFile& study) {
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split(path == nullptr ? "" : path, ':')) {
    if (::access((std::filesystem::path(folder) / "sbatch").c_str(), X_OK) == 0) {
      return;
    }
  }
  throw Error(ExitCode::InputMissing,
              Problem{.what = "there is no sbatch on PATH: nothing was submitted",
                      .where = study.path.string(),
                      .allowed = "a machine that has Slurm; --dry-run works everywhere",
                      .fix = "run this on a login node of the cluster, or without Slurm: yates "
                             "study run " +
                             study.path.string()});
}

class Gate {
 public:
  Gate(const config::StudyFile& study, const Plan& plan, const Submission& submission)
      : study_(study), plan_(plan), submission_(submission), log_(read_wave_log(study)) {}

  Advance advance() {
    std::error_code ignored;
    if (std::filesystem::exists(study_.out / "HALT", ignored)) {
      return {.step = Step::Stopped, .text = "stopped by " + (study_.out / "HALT").string()};
    }
    if (log_.wave() > 0) {
      adopt();
      const Ids open = open_runs(log_.wave());
      if (!open.empty()) {
        return continue_wave(open);
      }
    }
    return next_wave();
  }

 private:
  [[nodiscard]] std::filesystem::path scratch() const { return slurm_directory(study_); }

  /// Jobs whose sbatch was called just before an earlier process died.
  void adopt() {
    for (Batch& batch : log_.batches) {
      if (batch.job.empty()) {
        const Ids jobs = queued_jobs({batch.name}, scratch());
        batch.job = jobs.empty() ? "none" : jobs.front();
      }
    }
    write_wave_log(study_, log_);
  }

  [[nodiscard]] Ids open_runs(std::int64_t wave) const {
    Ids ids;
    for (const std::size_t run : wave_runs(study_, plan_, wave)) {
      if (!read_run_record(run_directory(study_, plan_.runs[run])).is_final()) {
        ids.push_back(plan_.runs[run].id);
      }
    }
    return ids;
  }

  [[nodiscard]] Ids names_of(std::int64_t wave) const {
    Ids names;
    for (const Batch& batch : log_.batches) {
      if (batch.wave == wave) {
        names.push_back(batch.name);
      }
    }
    return names;
  }

  Advance continue_wave(const Ids& open) {
    const std::int64_t wave = log_.wave();
    const Ids jobs = queued_jobs(names_of(wave), scratch());
    if (log_.stopped.empty()) {
      // A run that was tried again may complete an earlier look while this wave is under way.
      log_.stopped = reason_to_stop(study_, plan_);
      write_wave_log(study_, log_);
    }
    if (!log_.stopped.empty()) {
      return {.step = Step::Stopped,
              .text = log_.stopped + (jobs.empty() ? "" : "; runs in flight are finished")};
    }
    if (!jobs.empty()) {
      submit_gate(jobs);
      return {.step = Step::Waiting,
              .text = fmt::format(
                  "wave {}: {} runs to go in the jobs {}", wave, open.size(), join(jobs, ", "))};
    }
    if (over_budget()) {
      return stop("the budget is used up");
    }
    for (const std::string& run : open) {
      if (times_submitted(run) >= study_.attempts) {
        return stop(fmt::format("{} was submitted {} times and did not finish; see {}",
                                run,
                                times_submitted(run),
                                (scratch() / "log").string()));
      }
    }
    submit(wave, open);
    return {
        .step = Step::Submitted,
        .text = fmt::format(
            "wave {}: {} runs had no job any more and were submitted again", wave, open.size())};
  }

  Advance next_wave() {
    if (!log_.stopped.empty()) {
      return {.step = Step::Stopped, .text = log_.stopped};
    }
    const auto waves = static_cast<std::int64_t>(wave_ends(study_).size());
    if (log_.wave() > 0) {
      const std::string reason = reason_to_stop(study_, plan_);
      if (!reason.empty()) {
        return stop(reason);
      }
    }
    const std::int64_t wave = log_.wave() + 1;
    if (wave > waves) {
      return {.step = Step::Complete, .text = "all waves are finished"};
    }
    if (over_budget()) {
      return stop("the budget is used up");
    }
    const Ids ids = open_runs(wave);
    if (ids.empty()) {
      log_.batches.push_back(
          {.wave = wave, .name = "", .runs = {}, .job = "none", .submitted = utc_now()});
      return next_wave();
    }
    submit(wave, ids);
    return {
        .step = Step::Submitted,
        .text = fmt::format(
            "wave {} of {}: {} runs in the jobs {}", wave, waves, ids.size(), join(jobs_, ", "))};
  }

  Advance stop(const std::string& reason) {
    log_.stopped = reason;
    write_wave_log(study_, log_);
    return {.step = Step::Stopped, .text = reason};
  }

  [[nodiscard]] std::int64_t times_submitted(const std::string& run) const {
    return std::count_if(log_.batches.begin(), log_.batches.end(), [&](const Batch& batch) {
      return std::find(batch.runs.begin(), batch.runs.end(), run) != batch.runs.end();
    });
  }

  [[nodiscard]] bool over_budget() const {
    double seconds = 0;
    for (const PlannedRun& run : plan_.runs) {
      seconds += read_run_record(run_directory(study_, run)).gpu_seconds;
    }
    return study_.gpu_days && seconds / 86'400 >= *study_.gpu_days;
  }

  void submit(std::int64_t wave, const Ids& ids) {
    require_sbatch(study_);
    make_directories(scratch() / "log");
    jobs_.clear();
    for (const Ids& part : split_by_size(ids, submission_.site.max_array_size)) {
      const std::string name =
          job_name(study_, fmt::format("w{}-{}", wave, log_.batches.size() + 1));
      const std::filesystem::path script = scratch() / (name + ".sbatch");
      write_file_atomic(script, run_script(study_, submission_, part));
      log_.batches.push_back(
          {.wave = wave, .name = name, .runs = part, .job = "", .submitted = utc_now()});
      write_wave_log(study_, log_);
      log_.batches.back().job =
          submit_job(sbatch_runs(study_, submission_, name, part.size(), script), scratch());
      jobs_.push_back(log_.batches.back().job);
      write_wave_log(study_, log_);
    }
    log_.gate_name.clear();
    log_.gate_job.clear();
    submit_gate(jobs_);
  }

  /// One gate for the jobs of the current wave, unless it is there.
  void submit_gate(const Ids& jobs) {
    if (!log_.gate_name.empty()) {
      Ids gates = queued_jobs({log_.gate_name}, scratch());
      // The gate that runs this very step will not run another one.
      const char* own = std::getenv("SLURM_JOB_ID");
      gates.erase(std::remove(gates.begin(), gates.end(), own == nullptr ? "" : own), gates.end());
      if (!gates.empty()) {
        return;
      }
    }
    const std::string name =
        job_name(study_, fmt::format("gate{}-{}", log_.wave(), log_.batches.size()));
    const std::filesystem::path script = scratch() / (name + ".sbatch");
    write_file_atomic(script, gate_script(study_, submission_));
    log_.gate_name = name;
    write_wave_log(study_, log_);
    log_.gate_job = submit_job(sbatch_gate(study_, submission_, name, jobs, script), scratch());
    write_wave_log(study_, log_);
  }

  const config::StudyFile& study_;
  const Plan& plan_;
  const Submission& submission_;
  WaveLog log_;
  Ids jobs_;  ///< Of the submission made by this process.
};

}  // namespace

Advance advance(const config::StudyFile& study, const Plan& plan, const Submission& submission) {
  make_directories(slurm_directory(study));
  const CampaignLock lock(slurm_directory(study), 5);
  return Gate(study, plan, submission).advance();
}

}  // namespace yates::campaign
