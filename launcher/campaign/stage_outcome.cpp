// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/stage_outcome.hpp"

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "launcher/campaign/stages.hpp"

namespace yates::campaign {
namespace {

constexpr int kAgain = static_cast<int>(ExitCode::Interrupted);

bool is_hopeless(int exit_code) {
  constexpr ExitCode kHopeless[] = {ExitCode::Usage,
                                    ExitCode::BadData,
                                    ExitCode::InputMissing,
                                    ExitCode::DoNotRequeue,
                                    ExitCode::RunOwned,
                                    ExitCode::BadConfig};
  return std::any_of(std::begin(kHopeless), std::end(kHopeless), [&](ExitCode code) {
    return exit_code == static_cast<int>(code);
  });
}

StageEnd judge_external(const StageFacts& facts) {
  if (facts.ending.exit_code == 0) {
    return facts.missing_results.empty()
               ? StageEnd{.outcome = Outcome::Passed, .reason = ""}
               : StageEnd{.outcome = Outcome::Failed, .reason = facts.missing_results};
  }
  if (facts.ending.exit_code == kAgain) {
    return {.outcome = Outcome::Again, .reason = "asked to be started again"};
  }
  return {.outcome = Outcome::Failed, .reason = facts.ending.text()};
}

StageEnd judge_training(const StageFacts& facts) {
  const TrainerStatus& status = facts.status;
  const std::string why = status.reason.empty() ? facts.ending.text() : status.reason;
  if (status.state == "done") {
    return {.outcome = Outcome::Passed, .reason = ""};
  }
  if (status.state == "diverged") {
    return {.outcome = Outcome::Diverged, .reason = why};
  }
  if (status.state == "interrupted" || facts.ending.exit_code == kAgain) {
    return {.outcome = Outcome::Again, .reason = why};
  }
  // mpirun gives one rank's code; the trainer's own account is the better one where it exists.
  const int code =
      status.state == "failed" && status.exit_code != 0 ? status.exit_code : facts.ending.exit_code;
  const std::string reason = status.state == "failed" ? why : facts.ending.text();
  return {.outcome = is_hopeless(code) ? Outcome::Hopeless : Outcome::Failed, .reason = reason};
}

}  // namespace

StageEnd judge(const StageFacts& facts) {
  StageEnd end;
  if (facts.stage == kTrain) {
    end = facts.external ? judge_external(facts) : judge_training(facts);
  } else if (facts.ending.exit_code == 0) {
    end = {.outcome = Outcome::Passed, .reason = ""};
  } else {
    end = {.outcome = is_hopeless(facts.ending.exit_code) ? Outcome::Hopeless : Outcome::Failed,
           .reason = facts.ending.text()};
  }
  const bool ended_well = end.outcome == Outcome::Passed || end.outcome == Outcome::Diverged;
  if (facts.asked_to_stop && !ended_well) {
    return {.outcome = Outcome::Interrupted, .reason = "the campaign was stopped"};
  }
  return end;
}

}  // namespace yates::campaign
