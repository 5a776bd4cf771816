// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/fsck.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "launcher/campaign/campaign_lock.hpp"
#include "launcher/campaign/lost_work.hpp"
#include "launcher/campaign/queue_view.hpp"
#include "launcher/campaign/run_record.hpp"
#include "launcher/campaign/stages.hpp"
#include "launcher/campaign/wave.hpp"

namespace yates::campaign {
namespace {

using Path = std::filesystem::path;

class Checker {
 public:
  Checker(const config::StudyFile& study, const Plan& plan, bool dry)
      : study_(study), plan_(plan), dry_(dry) {}

  std::vector<Repair> run() {
    check_folder(study_.out);
    check_plan();
    check_waves();
    std::set<std::string> known;
    for (const PlannedRun& run : plan_.runs) {
      known.insert(run.id);
      check_run(run);
    }
    check_strangers(known);
    return std::move(repairs_);
  }

 private:
  void note(const Path& file, const std::string& found, const std::string& action) {
    repairs_.push_back(
        {.file = file.lexically_relative(study_.out).string(), .found = found, .action = action});
  }

  /// Temporary files and links in a folder of ours and the folders below it that hold no data.
  void check_folder(const Path& folder) {
    std::error_code ignored;
    std::vector<Path> below;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
      const std::string name = entry.path().filename().string();
      if (entry.is_symlink(ignored)) {
        note(entry.path(),
             "a link to " + std::filesystem::read_symlink(entry.path(), ignored).string(),
             "");
      } else if (entry.is_directory(ignored)) {
        below.push_back(entry.path());
      } else if (is_temporary_name(name)) {
        note(entry.path(), "a file that was being written", "removed");
        if (!dry_) {
          std::filesystem::remove(entry.path(), ignored);
        }
      }
    }
    for (const Path& path : below) {
      check_folder(path);
    }
  }

  /// Keeps a file that cannot be read.
  void set_aside(const Path& path) {
    if (dry_) {
      return;
    }
    Path damaged = path;
    damaged += ".damaged";
    for (int number = 2; std::filesystem::exists(damaged); ++number) {
      damaged = path.string() + ".damaged-" + std::to_string(number);
    }
    std::filesystem::rename(path, damaged);
  }

  void check_plan() {
    const Path path = plan_path(study_);
    const bool any_run = std::filesystem::exists(study_.out / "runs");
    try {
      if (std::filesystem::exists(path)) {
        (void)current_plan(study_, 1);
        return;
      }
      if (!any_run) {
        return;
      }
      note(path, "is missing although there are runs", "made anew from the study file");
    } catch (const Error& error) {
      note(path, error.problems().front().what, "kept as .damaged, made anew from the study file");
      set_aside(path);
    }
    if (!dry_) {
      write_json(path, plan_json(study_, make_plan(study_, 1)));
    }
  }

  void check_waves() {
    const Path path = slurm_directory(study_) / "waves.json";
    WaveLog log;
    try {
      log = read_wave_log(study_);
    } catch (const Error& error) {
      note(path,
           error.problems().front().what,
           "kept as .damaged; cancel this study's jobs by hand before `study submit`: scancel "
           "--name cannot be told any more");
      set_aside(path);
      return;
    }
    for (Batch& batch : log.batches) {
      if (!batch.job.empty()) {
        continue;
      }
      const std::optional<QueueView> queue = view_queue(log);
      if (!queue) {
        note(path, "whether " + batch.name + " was submitted is not known", "");
        continue;
      }
      // The next `advance` asks for the job by its name; "none" lets it submit the runs again.
      const bool queued = !queue->elements.empty();
      note(path,
           "sbatch of " + batch.name + " was called by a process that died",
           queued ? "its job is in the queue; `study advance` adopts it"
                  : "no such job: `study advance` submits its runs again");
      batch.job = queued ? "" : "none";
    }
    if (!dry_ && std::filesystem::exists(path)) {
      write_wave_log(study_, log);
    }
  }

  void check_run(const PlannedRun& run) {
    const Path folder = run_directory(study_, run);
    const Path path = folder / "campaign.json";
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored)) {
      return;
    }
    RunRecord record;
    try {
      record = read_run_record(folder);
    } catch (const Error& error) {
      record = record_from_evidence(run, folder);
      note(path,
           error.problems().front().what,
           "kept as .damaged, made anew: " + to_string(record.state) + ", its GPU-days are lost");
      set_aside(path);
      publish(folder, record);
      return;
    }
    if (record.state == RunState::Running && !CampaignLock::is_held(folder)) {
      note(path, "is running without a launcher", "now interrupted");
      record.settle_open(lost_share(folder));
      record.state = RunState::Interrupted;
      record.reason = "its launcher died";
      publish(folder, record);
    }
    const std::string bad = record.state == RunState::Done ? unreadable_cases(folder) : "";
    if (!bad.empty()) {
      note(folder / "cases.csv", bad, "the run waits for its evaluation again");
      std::erase(record.passed, std::string(kEvaluate));
      record.state = RunState::Waiting;
      if (study_.arms[run.arm].is_external()) {
        record.passed.clear();
      }
      publish(folder, record);
    }
  }

  static std::string unreadable_cases(const Path& folder) {
    if (!std::filesystem::is_regular_file(folder / "cases.csv")) {
      return "is missing although the run is done";
    }
    return missing_results(folder);
  }

  /// What the trainer's verdict and the results say about a run whose record is gone.
  RunRecord record_from_evidence(const PlannedRun& run, const Path& folder) const {
    RunRecord record;
    const bool external = study_.arms[run.arm].is_external();
    const TrainerStatus status = read_trainer_status(folder);
    record.step = status.step;
    record.starts = record.attempts = status.found ? 1 : 0;
    if (!external && status.state == "diverged") {
      record.state = RunState::Diverged;
      record.reason = status.reason;
    } else if (status.state == "done") {
      record.passed = {kTrain};
      if (std::filesystem::exists(folder / "cases.csv") && missing_results(folder).empty()) {
        record.passed = external ? std::vector<std::string>{kTrain}
                                 : std::vector<std::string>{kTrain, kPredict, kEvaluate};
        record.state = RunState::Done;
      }
    }
    return record;
  }

  void publish(const Path& folder, const RunRecord& record) const {
    if (!dry_) {
      write_run_record(folder, record);
    }
  }

  void check_strangers(const std::set<std::string>& known) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(study_.out / "runs", ignored)) {
      if (!entry.is_symlink(ignored) && known.count(entry.path().filename().string()) == 0) {
        note(entry.path(), "is no run of this study", "");
      }
    }
  }

  const config::StudyFile& study_;
  const Plan& plan_;
  bool dry_;
  std::vector<Repair> repairs_;
};

}  // namespace

std::vector<Repair> check_campaign(const config::StudyFile& study, const Plan& plan, bool dry) {
  if (!std::filesystem::is_directory(study.out)) {
    throw Error(ExitCode::InputMissing,
                Problem{.what = "there is no campaign",
                        .where = study.out.string(),
                        .allowed = "",
                        .fix = "yates study plan " + study.path.string()});
  }
  const CampaignLock lock(study.out, 0);
  for (const PlannedRun& run : plan.runs) {
    if (CampaignLock::is_held(run_directory(study, run))) {
      throw Error(ExitCode::RunOwned,
                  Problem{.what = run.id + " is running",
                          .where = study.out.string(),
                          .allowed = "a campaign at rest",
                          .fix = "wait, or `yates study stop " + study.path.string() + "`"});
    }
  }
  return Checker(study, plan, dry).run();
}

}  // namespace yates::campaign
