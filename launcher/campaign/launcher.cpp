// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/launcher.hpp"

#include <list>
#include <map>
#include <optional>
#include <poll.h>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "launcher/campaign/abandoned_files.hpp"
#include "launcher/campaign/campaign_lock.hpp"
#include "launcher/campaign/launch_fence.hpp"
#include "launcher/campaign/references.hpp"
#include "launcher/campaign/run_book.hpp"
#include "launcher/campaign/run_queue.hpp"
#include "launcher/campaign/session_folder.hpp"
#include "launcher/campaign/stage_settlement.hpp"
#include "launcher/campaign/staged_data.hpp"
#include "launcher/campaign/stages.hpp"
#include "launcher/campaign/stop_signals.hpp"

namespace yates::campaign {
namespace {

constexpr int kPollMs = 500;  ///< How often OUT/HALT is looked for.

class Launcher {
 public:
  Launcher(const config::StudyFile& study,
           const Plan& plan,
           const LauncherOptions& options,
           MpiFolders mpi)
      : study_(study),
        plan_(plan),
        options_(options),
        mpi_(std::move(mpi)),
        book_(study, plan, options.only),
        queue_(study, plan, options, book_),
        settlement_(study, book_, queue_, !options.only.empty()) {}

  CampaignCounts run() {
    watch_for_stop();
    if (!stopping_) {
      prepare_all_references();
    }
    while (!active_.empty() ||
           (!no_more_starts() && (!queue_.empty() || queue_.begin_next_wave()))) {
      while (!no_more_starts() && !queue_.empty() &&
             static_cast<std::int64_t>(active_.size()) < options_.slots) {
        start(queue_.next());
      }
      wait_for_an_end();
      watch_for_stop();
      collect();
    }
    return counts();
  }

 private:
  struct Active {
    std::size_t run;
    std::string stage;
    std::int64_t ranks;
    Stopwatch watch;
    ChildProcess process;

    [[nodiscard]] double gpu_seconds() const {
      return watch.seconds() * static_cast<double>(ranks);
    }
  };

  [[nodiscard]] bool over_budget() const {
    return study_.gpu_days && book_.used_gpu_days() >= *study_.gpu_days;
  }

  [[nodiscard]] bool no_more_starts() const { return stopping_ || over_budget(); }

  /// Missing data should stop the campaign now, not after the first training.
  void prepare_all_references() {
    for (std::size_t run = 0; run < book_.size(); ++run) {
      if (book_.is_ours(run) && !book_[run].is_final() && !book_.arm(run).is_external()) {
        (void)references(run);
      }
    }
  }

  std::filesystem::path references(std::size_t run) {
    const io::DataOptions& data = book_.arm(run).config.data;
    const auto key = std::pair(data.dir, data.split);
    const auto known = references_.find(key);
    if (known != references_.end()) {
      return known->second;
    }
    return references_[key] = prepare_references(data.dir, data.split, study_.out);
  }

  void start(std::size_t run) {
    RunRecord& record = book_[run];
    try {
      start_stage(run, record);
    } catch (const Error& error) {
      record.state = RunState::Failed;
      record.reason = error.problems().front().what;
      book_.publish(run);
      log_warning("{}: cannot be started: {}", book_.id(run), error.what());
    }
  }

  void start_stage(std::size_t run, RunRecord& record) {
    remove_abandoned_files(book_.directory(run));
    record.stage = next_stage(book_.arm(run), record, book_.directory(run));
    if (record.stage.empty()) {
      book_.finish(run, RunState::Done, "");
      return;
    }
    StageOptions stages{.ranks = options_.ranks,
                        .launch = options_.launch,
                        .yates = options_.yates,
                        .references = {},
                        .convention = study_.spec.convention,
                        .mpi = mpi_};
    if (record.stage == kEvaluate) {
      stages.references = references(run);
    }
    if (!options_.stage.empty() && !book_.arm(run).is_external() && record.stage != kEvaluate) {
      stages.data = stage_data(book_.arm(run).config.data.dir, options_.stage);
    }
    if (record.stage == kTrain) {
      ++record.attempts;
    }
    prepare_run(study_, plan_.runs[run]);
    record.state = RunState::Running;
    ++record.starts;
    book_.publish(run);
    const bool parallel = record.stage == kTrain && !book_.arm(run).is_external();
    active_.push_back(Active{.run = run,
                             .stage = record.stage,
                             .ranks = parallel ? options_.ranks : 1,
                             .watch = Stopwatch(),
                             .process = ChildProcess(stage_command(
                                 study_, plan_.runs[run], record.stage, record.starts, stages))});
    log_info("{}: {} started{}",
             book_.id(run),
             record.stage,
             record.stage == kTrain && record.attempts > 1
                 ? fmt::format(" (attempt {})", record.attempts)
                 : "");
  }

  void wait_for_an_end() {
    std::vector<pollfd> waits;
    for (const Active& active : active_) {
      waits.push_back({active.process.ended_descriptor(), POLLIN, 0});
    }
    if (!waits.empty()) {
      ::poll(waits.data(), waits.size(), kPollMs);
    }
    book_.check_fence();
    if (beat_.seconds() >= options_.beat_s) {
      beat_.restart();
      for (const Active& active : active_) {
        book_[active.run].open_gpu_seconds = active.gpu_seconds();
        book_.publish(active.run);
      }
    }
  }

  void watch_for_stop() {
    std::error_code ignored;
    const bool halt = std::filesystem::exists(study_.out / "HALT", ignored);
    if (!stopping_ && (StopSignals::count() > 0 || halt)) {
      stopping_ = true;
      stop_watch_.restart();
      log_warning("stopping: asking {} runs to stop; once more kills them", active_.size());
      for (Active& active : active_) {
        active.process.ask_to_stop();
      }
    }
    const bool impatient =
        StopSignals::count() > 1 || stop_watch_.seconds() > options_.stop_grace_s;
    if (stopping_ && impatient && !killed_) {
      killed_ = true;
      for (Active& active : active_) {
        active.process.kill();
      }
    }
  }

  void collect() {
    for (auto active = active_.begin(); active != active_.end();) {
      if (const std::optional<Ending> ending = active->process.ending()) {
        const EndedStage ended{.run = active->run,
                               .stage = active->stage,
                               .gpu_seconds = active->gpu_seconds(),
                               .ending = *ending};
        stopping_ = settlement_.settle(ended, stopping_) || stopping_;
        active = active_.erase(active);
      } else {
        ++active;
      }
    }
  }

  [[nodiscard]] CampaignCounts counts() const {
    CampaignCounts counts;
    for (std::size_t run = 0; run < book_.size(); ++run) {
      if (!book_.is_ours(run)) {
        continue;
      }
      const RunRecord& record = book_[run];
      counts.done += record.state == RunState::Done ? 1 : 0;
      counts.diverged += record.state == RunState::Diverged ? 1 : 0;
      counts.failed += record.state == RunState::Failed ? 1 : 0;
      counts.open += record.is_final() ? 0 : 1;
    }
    counts.stopped = stopping_;
    counts.ended = queue_.ended();
    counts.over_budget = over_budget() && counts.open > 0;
    return counts;
  }

  const config::StudyFile& study_;
  const Plan& plan_;
  const LauncherOptions& options_;
  MpiFolders mpi_;
  RunBook book_;
  RunQueue queue_;
  StageSettlement settlement_;
  std::list<Active> active_;
  std::map<std::pair<std::string, std::string>, std::filesystem::path> references_;
  bool stopping_ = false;
  bool killed_ = false;
  Stopwatch beat_;
  Stopwatch stop_watch_;
};

/// The folder whose lock a launcher holds: that of the campaign, or of its only run.
std::filesystem::path locked_directory(const config::StudyFile& study,
                                       const Plan& plan,
                                       const std::string& only) {
  if (only.empty()) {
    return study.out;
  }
  std::vector<std::string> ids;
  for (const PlannedRun& run : plan.runs) {
    if (run.id == only) {
      return run_directory(study, run);
    }
    ids.push_back(run.id);
  }
  throw Error(ExitCode::Usage,
              Problem{.what = "no run '" + only + "' in this study",
                      .where = study.path.string(),
                      .allowed = "",
                      .fix = suggestion(only, ids)});
}

}  // namespace

CampaignCounts run_campaign(const config::StudyFile& study,
                            const Plan& plan,
                            const LauncherOptions& options) {
  constexpr double kWaitForOrphansSeconds = 15;
  const std::filesystem::path locked = locked_directory(study, plan, options.only);
  make_directories(locked);
  std::optional<CampaignLock> lock;
  if (options.only.empty() || !LaunchFence::is_restart_of_newest(locked)) {
    lock.emplace(locked, kWaitForOrphansSeconds);
  } else if (CampaignLock::is_held(locked)) {
    log_warning("{}: an earlier start of this job still holds it, and is fenced off", options.only);
  } else {
    lock.emplace(locked, kWaitForOrphansSeconds);
  }
  const StopSignals signals;
  if (!lock) {
    // The earlier start may still use the folders.
    return Launcher(study, plan, options, {}).run();
  }
  std::error_code ignored;
  const SessionFolder sessions(std::filesystem::temp_directory_path(ignored), locked);
  const SessionFolder shared_memory("/dev/shm", locked);
  return Launcher(study, plan, options, {sessions.path(), shared_memory.path()}).run();
}

}  // namespace yates::campaign
