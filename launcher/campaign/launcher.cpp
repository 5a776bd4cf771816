// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/launcher.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <poll.h>
#include <utility>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "launcher/campaign/campaign_lock.hpp"
#include "launcher/campaign/launch_fence.hpp"
#include "launcher/campaign/lost_work.hpp"
#include "launcher/campaign/references.hpp"
#include "launcher/campaign/stage_outcome.hpp"
#include "launcher/campaign/staged_data.hpp"
#include "launcher/campaign/stages.hpp"
#include "launcher/campaign/stopping_rule.hpp"
#include "launcher/campaign/wave.hpp"

namespace yates::campaign {
namespace {

/// Clean stops in a row without a further step. An external trainer's steps are not known.
constexpr std::int64_t kMostStalls = 3;
constexpr std::int64_t kMostExternalStalls = 1000;
constexpr int kPollMs = 500;  ///< How often OUT/HALT is looked for.

std::atomic<int> stop_signals{0};

/// Counts SIGINT and SIGTERM while it lives.
class StopSignals {
 public:
  StopSignals() {
    stop_signals = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { ++stop_signals; };
    ::sigaction(SIGINT, &action, &interrupt_);
    ::sigaction(SIGTERM, &action, &terminate_);
  }
  ~StopSignals() {
    ::sigaction(SIGINT, &interrupt_, nullptr);
    ::sigaction(SIGTERM, &terminate_, nullptr);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
};

class Launcher {
 public:
  Launcher(const config::StudyFile& study, const Plan& plan, const LauncherOptions& options)
      : study_(study), plan_(plan), options_(options) {
    // The fence first: what an older launch of the run publishes after that is not read here.
    for (std::size_t run = 0; run < plan.runs.size(); ++run) {
      if (options.only == plan.runs[run].id) {
        fence_.emplace(directory(run));
      }
    }
    for (std::size_t run = 0; run < plan.runs.size(); ++run) {
      records_.push_back(read_run_record(directory(run)));
      if (is_ours(run) && records_[run].state == RunState::Running) {
        records_[run].settle_open(lost_share(directory(run)));
      }
      if (options.only == plan.runs[run].id && !records_[run].is_final()) {
        waiting_.push_back(run);
      }
    }
  }

  CampaignCounts run() {
    watch_for_stop();
    if (!stopping_) {
      prepare_all_references();
    }
    while (!active_.empty() || (!no_more_starts() && (!waiting_.empty() || begin_next_wave()))) {
      while (!no_more_starts() && !waiting_.empty() &&
             static_cast<std::int64_t>(active_.size()) < options_.slots) {
        const std::size_t next = waiting_.front();
        waiting_.pop_front();
        start(next);
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

  /// False for the runs of other launchers.
  [[nodiscard]] bool is_ours(std::size_t run) const {
    return options_.only.empty() || options_.only == plan_.runs[run].id;
  }

  /// Lets the open runs of the next wave wait; false if there is none, or the looks end the study.
  bool begin_next_wave() {
    const auto waves = static_cast<std::int64_t>(wave_ends(study_).size());
    while (options_.only.empty() && wave_ < waves) {
      if (wave_ > 0) {
        ended_ = reason_to_stop(study_, plan_);
        if (!ended_.empty()) {
          log_info("no further seeds: {}", ended_);
          return false;
        }
      }
      ++wave_;
      for (const std::size_t run :
           packed_wave(study_, plan_, wave_, options_.slots, options_.ranks)) {
        if (!records_[run].is_final()) {
          waiting_.push_back(run);
        }
      }
      if (!waiting_.empty()) {
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] const config::StudyArm& arm(std::size_t run) const {
    return study_.arms[plan_.runs[run].arm];
  }
  [[nodiscard]] std::filesystem::path directory(std::size_t run) const {
    return run_directory(study_, plan_.runs[run]);
  }

  [[nodiscard]] double used_gpu_days() const {
    double seconds = 0;
    for (const RunRecord& record : records_) {
      seconds += record.gpu_seconds + record.open_gpu_seconds;
    }
    return seconds / 86'400;
  }

  [[nodiscard]] bool over_budget() const {
    return study_.gpu_days && used_gpu_days() >= *study_.gpu_days;
  }

  [[nodiscard]] bool no_more_starts() const { return stopping_ || over_budget(); }

  /// Missing data should stop the campaign now, not after the first training.
  void prepare_all_references() {
    for (std::size_t run = 0; run < records_.size(); ++run) {
      if (is_ours(run) && !records_[run].is_final() && !arm(run).is_external()) {
        (void)references(run);
      }
    }
  }

  std::filesystem::path references(std::size_t run) {
    const io::DataOptions& data = arm(run).config.data;
    const auto key = std::pair(data.dir, data.split);
    const auto known = references_.find(key);
    if (known != references_.end()) {
      return known->second;
    }
    return references_[key] = prepare_references(data.dir, data.split, study_.out);
  }

  void start(std::size_t run) {
    RunRecord& record = records_[run];
    try {
      start_stage(run, record);
    } catch (const Error& error) {
      record.state = RunState::Failed;
      record.reason = error.problems().front().what;
      publish(run);
      log_warning("{}: cannot be started: {}", plan_.runs[run].id, error.what());
    }
  }

  void start_stage(std::size_t run, RunRecord& record) {
    record.stage = next_stage(arm(run), record, directory(run));
    if (record.stage.empty()) {
      finish(run, RunState::Done, "");
      return;
    }
    StageOptions stages{.ranks = options_.ranks,
                        .launch = options_.launch,
                        .yates = options_.yates,
                        .references = {},
                        .convention = study_.spec.convention};
    if (record.stage == kEvaluate) {
      stages.references = references(run);
    }
    if (!options_.stage.empty() && !arm(run).is_external() && record.stage != kEvaluate) {
      stages.data = stage_data(arm(run).config.data.dir, options_.stage);
    }
    if (record.stage == kTrain) {
      ++record.attempts;
    }
    prepare_run(study_, plan_.runs[run]);
    record.state = RunState::Running;
    ++record.starts;
    publish(run);
    const bool parallel = record.stage == kTrain && !arm(run).is_external();
    active_.push_back(Active{.run = run,
                             .stage = record.stage,
                             .ranks = parallel ? options_.ranks : 1,
                             .watch = Stopwatch(),
                             .process = ChildProcess(stage_command(
                                 study_, plan_.runs[run], record.stage, record.starts, stages))});
    log_info("{}: {} started{}",
             plan_.runs[run].id,
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
    if (fence_) {
      fence_->check();
    }
    if (beat_.seconds() >= options_.beat_s) {
      beat_.restart();
      for (const Active& active : active_) {
        records_[active.run].open_gpu_seconds = active.gpu_seconds();
        publish(active.run);
      }
    }
  }

  void watch_for_stop() {
    std::error_code ignored;
    const bool halt = std::filesystem::exists(study_.out / "HALT", ignored);
    if (!stopping_ && (stop_signals > 0 || halt)) {
      stopping_ = true;
      stop_watch_.restart();
      log_warning("stopping: asking {} runs to stop; once more kills them", active_.size());
      for (Active& active : active_) {
        active.process.ask_to_stop();
      }
    }
    const bool impatient = stop_signals > 1 || stop_watch_.seconds() > options_.stop_grace_s;
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
        settle(*active, *ending);
        active = active_.erase(active);
      } else {
        ++active;
      }
    }
  }

  void settle(const Active& active, const Ending& ending) {
    RunRecord& record = records_[active.run];
    const bool external = arm(active.run).is_external();
    StageFacts facts{.external = external,
                     .stage = active.stage,
                     .ending = ending,
                     .status = {},
                     .asked_to_stop = stopping_,
                     .missing_results = {}};
    if (active.stage == kTrain && external && ending.exit_code == 0) {
      facts.missing_results = missing_results(directory(active.run));
    }
    if (active.stage == kTrain && !external) {
      facts.status = read_trainer_status(directory(active.run));
    }
    const StageEnd end = judge(facts);
    const bool in_vain = end.outcome == Outcome::Failed || end.outcome == Outcome::Hopeless;
    const bool saves = active.stage == kTrain && !external;
    record.open_gpu_seconds = active.gpu_seconds();
    record.settle_open(!in_vain ? 0 : saves ? lost_share(directory(active.run)) : 1);
    record.exit_code = ending.exit_code;
    apply(active.run, end, facts.status.step);
  }

  void apply(std::size_t run, const StageEnd& end, std::int64_t step) {
    RunRecord& record = records_[run];
    record.stalls = end.outcome == Outcome::Again && step <= record.step ? record.stalls + 1 : 0;
    record.step = std::max(record.step, step);
    switch (end.outcome) {
      case Outcome::Passed: pass(run); return;
      case Outcome::Diverged: finish(run, RunState::Diverged, end.reason); return;
      case Outcome::Interrupted: finish(run, RunState::Interrupted, end.reason); return;
      case Outcome::Hopeless: finish(run, RunState::Failed, end.reason); return;
      case Outcome::Again: again(run, end.reason); return;
      case Outcome::Failed: retry(run, end.reason); return;
    }
  }

  /// The run keeps its slot for the next stage.
  void pass(std::size_t run) {
    RunRecord& record = records_[run];
    record.passed.push_back(record.stage);
    record.state = RunState::Waiting;
    record.failures = 0;
    record.reason = "";
    if (next_stage(arm(run), record, directory(run)).empty()) {
      finish(run, RunState::Done, "");
      return;
    }
    publish(run);
    waiting_.push_front(run);
  }

  void again(std::size_t run, const std::string& reason) {
    const std::int64_t most = arm(run).is_external() ? kMostExternalStalls : kMostStalls;
    if (records_[run].stalls >= most) {
      finish(run, RunState::Failed, fmt::format("no progress in {} starts", most));
      return;
    }
    finish(run, RunState::Interrupted, reason);
    if (options_.only.empty()) {
      waiting_.push_back(run);
    } else {
      stopping_ = true;
    }
  }

  void retry(std::size_t run, const std::string& reason) {
    RunRecord& record = records_[run];
    if (++record.failures >= study_.attempts) {
      finish(run,
             RunState::Failed,
             fmt::format("{} failed {} times, last: {}", record.stage, record.failures, reason));
      return;
    }
    record.state = RunState::Waiting;
    record.reason = reason;
    publish(run);
    waiting_.push_back(run);
    log_warning("{}: {} failed ({}), will be tried again; see {}",
                plan_.runs[run].id,
                record.stage,
                reason,
                (directory(run) / "log").string());
  }

  void finish(std::size_t run, RunState state, const std::string& reason) {
    RunRecord& record = records_[run];
    record.state = state;
    record.reason = reason;
    publish(run);
    const std::string text = fmt::format(
        "{}: {}{}", plan_.runs[run].id, to_string(state), reason.empty() ? "" : ", " + reason);
    log_message(state == RunState::Failed ? LogLevel::Warning : LogLevel::Info, text);
  }

  void publish(std::size_t run) {
    if (fence_) {
      fence_->check();
    }
    make_directories(directory(run));
    write_run_record(directory(run), records_[run]);
    if (arm(run).is_external()) {
      write_external_status(directory(run), records_[run]);
    }
  }

  [[nodiscard]] CampaignCounts counts() const {
    CampaignCounts counts;
    for (std::size_t run = 0; run < records_.size(); ++run) {
      if (!options_.only.empty() && options_.only != plan_.runs[run].id) {
        continue;
      }
      const RunRecord& record = records_[run];
      counts.done += record.state == RunState::Done ? 1 : 0;
      counts.diverged += record.state == RunState::Diverged ? 1 : 0;
      counts.failed += record.state == RunState::Failed ? 1 : 0;
      counts.open += record.is_final() ? 0 : 1;
    }
    counts.stopped = stopping_;
    counts.ended = ended_;
    counts.over_budget = over_budget() && counts.open > 0;
    return counts;
  }

  const config::StudyFile& study_;
  const Plan& plan_;
  const LauncherOptions& options_;
  std::vector<RunRecord> records_;   ///< One per planned run.
  std::deque<std::size_t> waiting_;  ///< Runs in the order in which they get a slot.
  std::list<Active> active_;
  std::map<std::pair<std::string, std::string>, std::filesystem::path> references_;
  std::optional<LaunchFence> fence_;  ///< With options.only.
  std::int64_t wave_ = 0;             ///< Begun so far; 0 before the first.
  std::string ended_;                 ///< Why the looks ended the study.
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
  return Launcher(study, plan, options).run();
}

}  // namespace yates::campaign
