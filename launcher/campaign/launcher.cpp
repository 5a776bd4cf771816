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
#include "launcher/campaign/references.hpp"
#include "launcher/campaign/stage_outcome.hpp"
#include "launcher/campaign/stages.hpp"

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
    for (const PlannedRun& run : plan.runs) {
      records_.push_back(read_run_record(run_directory(study, run)));
    }
    for (std::size_t run = 0; run < records_.size(); ++run) {
      const bool asked = options.only.empty() || options.only == plan.runs[run].id;
      if (asked && !records_[run].is_final()) {
        waiting_.push_back(run);
      }
    }
  }

  CampaignCounts run() {
    watch_for_stop();
    if (!stopping_) {
      prepare_all_references();
    }
    while (!active_.empty() || (!waiting_.empty() && !no_more_starts())) {
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
  };

  [[nodiscard]] const config::StudyArm& arm(std::size_t run) const {
    return study_.arms[plan_.runs[run].arm];
  }
  [[nodiscard]] std::filesystem::path directory(std::size_t run) const {
    return run_directory(study_, plan_.runs[run]);
  }

  [[nodiscard]] double used_gpu_days() const {
    double seconds = 0;
    for (const RunRecord& record : records_) {
      seconds += record.gpu_seconds;
    }
    return seconds / 86'400;
  }

  [[nodiscard]] bool over_budget() const {
    return study_.gpu_days && used_gpu_days() >= *study_.gpu_days;
  }

  [[nodiscard]] bool no_more_starts() const { return stopping_ || over_budget(); }

  /// Missing data should stop the campaign now, not after the first training.
  void prepare_all_references() {
    for (const std::size_t run : waiting_) {
      if (!arm(run).is_external()) {
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
    const double gpu_seconds = active.watch.seconds() * static_cast<double>(active.ranks);
    record.gpu_seconds += gpu_seconds;
    record.exit_code = ending.exit_code;
    if (end.outcome == Outcome::Failed || end.outcome == Outcome::Hopeless) {
      record.lost_gpu_seconds += gpu_seconds;
    }
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
  bool stopping_ = false;
  bool killed_ = false;
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
  const CampaignLock lock(locked, kWaitForOrphansSeconds);
  const StopSignals signals;
  return Launcher(study, plan, options).run();
}

}  // namespace yates::campaign
