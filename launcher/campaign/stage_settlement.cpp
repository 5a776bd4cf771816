// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/stage_settlement.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "launcher/campaign/lost_work.hpp"
#include "launcher/campaign/stages.hpp"

namespace yates::campaign {
namespace {

/// Clean stops in a row without a further step. An external trainer's steps are not known.
constexpr std::int64_t kMostStalls = 3;
constexpr std::int64_t kMostExternalStalls = 1000;

}  // namespace

bool StageSettlement::settle(const EndedStage& ended, bool asked_to_stop) {
  RunRecord& record = book_[ended.run];
  const bool external = book_.arm(ended.run).is_external();
  StageFacts facts{.external = external,
                   .stage = ended.stage,
                   .ending = ended.ending,
                   .status = {},
                   .asked_to_stop = asked_to_stop,
                   .missing_results = {}};
  if (ended.stage == kTrain && external && ended.ending.exit_code == 0) {
    facts.missing_results = missing_results(book_.directory(ended.run));
  }
  if (ended.stage == kTrain && !external) {
    facts.status = read_trainer_status(book_.directory(ended.run));
  }
  const StageEnd end = judge(facts);
  const bool in_vain = end.outcome == Outcome::Failed || end.outcome == Outcome::Hopeless;
  const bool saves = ended.stage == kTrain && !external;
  record.open_gpu_seconds = ended.gpu_seconds;
  record.settle_open(!in_vain ? 0 : saves ? lost_share(book_.directory(ended.run)) : 1);
  record.exit_code = ended.ending.exit_code;
  return apply(ended.run, end, facts.status.step);
}

bool StageSettlement::apply(std::size_t run, const StageEnd& end, std::int64_t step) {
  RunRecord& record = book_[run];
  record.stalls = end.outcome == Outcome::Again && step <= record.step ? record.stalls + 1 : 0;
  record.step = std::max(record.step, step);
  switch (end.outcome) {
    case Outcome::Passed: pass(run); break;
    case Outcome::Diverged: book_.finish(run, RunState::Diverged, end.reason); break;
    case Outcome::Interrupted: book_.finish(run, RunState::Interrupted, end.reason); break;
    case Outcome::Hopeless: book_.finish(run, RunState::Failed, end.reason); break;
    case Outcome::Again: return again(run, end.reason);
    case Outcome::Failed: retry(run, end.reason); break;
  }
  return false;
}

/// The run keeps its slot for the next stage.
void StageSettlement::pass(std::size_t run) {
  RunRecord& record = book_[run];
  record.passed.push_back(record.stage);
  record.state = RunState::Waiting;
  record.failures = 0;
  record.reason = "";
  if (next_stage(book_.arm(run), record, book_.directory(run)).empty()) {
    book_.finish(run, RunState::Done, "");
    return;
  }
  book_.publish(run);
  queue_.push_front(run);
}

bool StageSettlement::again(std::size_t run, const std::string& reason) {
  const std::int64_t most = book_.arm(run).is_external() ? kMostExternalStalls : kMostStalls;
  if (book_[run].stalls >= most) {
    book_.finish(run, RunState::Failed, fmt::format("no progress in {} starts", most));
    return false;
  }
  book_.finish(run, RunState::Interrupted, reason);
  if (!only_) {
    queue_.push_back(run);
  }
  return only_;
}

void StageSettlement::retry(std::size_t run, const std::string& reason) {
  RunRecord& record = book_[run];
  if (++record.failures >= study_.attempts) {
    book_.finish(
        run,
        RunState::Failed,
        fmt::format("{} failed {} times, last: {}", record.stage, record.failures, reason));
    return;
  }
  record.state = RunState::Waiting;
  record.reason = reason;
  book_.publish(run);
  queue_.push_back(run);
  log_warning("{}: {} failed ({}), will be tried again; see {}",
              book_.id(run),
              record.stage,
              reason,
              (book_.directory(run) / "log").string());
}

}  // namespace yates::campaign
