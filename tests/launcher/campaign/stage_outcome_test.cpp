// SPDX-License-Identifier: Apache-2.0
// The meaning of exit codes and verdicts, case by case.
#include "launcher/campaign/stage_outcome.hpp"

#include <gtest/gtest.h>

namespace yates::campaign {
namespace {

StageFacts external(int exit_code) {
  StageFacts facts;
  facts.external = true;
  facts.stage = "train";
  facts.ending.exit_code = exit_code;
  return facts;
}

StageFacts training(const std::string& state, int exit_code, int status_code = 0) {
  StageFacts facts;
  facts.stage = "train";
  facts.ending.exit_code = exit_code;
  facts.status.found = !state.empty();
  facts.status.state = state;
  facts.status.exit_code = status_code;
  return facts;
}

TEST(StageOutcome, ExternalArmIsJudgedByItsExitCode) {
  EXPECT_EQ(judge(external(0)).outcome, Outcome::Passed);
  EXPECT_EQ(judge(external(75)).outcome, Outcome::Again);
  for (const int code : {1, 2, 65, 78, 127, 137}) {
    EXPECT_EQ(judge(external(code)).outcome, Outcome::Failed) << code;
  }
  StageFacts nothing = external(0);
  nothing.missing_results = "left nothing";
  EXPECT_EQ(judge(nothing).outcome, Outcome::Failed);
  EXPECT_EQ(judge(nothing).reason, "left nothing");
}

TEST(StageOutcome, VerdictOfOurTrainingCountsMoreThanItsExitCode) {
  EXPECT_EQ(judge(training("done", 0)).outcome, Outcome::Passed);
  EXPECT_EQ(judge(training("done", 137)).outcome, Outcome::Passed);
  EXPECT_EQ(judge(training("diverged", 0)).outcome, Outcome::Diverged);
  EXPECT_EQ(judge(training("interrupted", 143)).outcome, Outcome::Again);
  EXPECT_EQ(judge(training("running", 137)).outcome, Outcome::Failed);
  EXPECT_EQ(judge(training("running", 0)).outcome, Outcome::Failed);
  EXPECT_EQ(judge(training("failed", 137, 74)).outcome, Outcome::Failed);
  EXPECT_EQ(judge(training("failed", 137, 76)).outcome, Outcome::Hopeless);
  EXPECT_EQ(judge(training("", 78)).outcome, Outcome::Hopeless);
  EXPECT_EQ(judge(training("", 66)).outcome, Outcome::Hopeless);
}

TEST(StageOutcome, WhatEndsWhileStoppingIsInterruptedUnlessItEndedWell) {
  StageFacts killed = external(143);
  killed.asked_to_stop = true;
  EXPECT_EQ(judge(killed).outcome, Outcome::Interrupted);
  StageFacts done = training("done", 0);
  done.asked_to_stop = true;
  EXPECT_EQ(judge(done).outcome, Outcome::Passed);
}

TEST(StageOutcome, PredictAndEvaluateAreJudgedByTheirExitCode) {
  StageFacts facts;
  facts.stage = "evaluate";
  EXPECT_EQ(judge(facts).outcome, Outcome::Passed);
  facts.ending.exit_code = 74;
  EXPECT_EQ(judge(facts).outcome, Outcome::Failed);
  facts.ending.exit_code = 65;
  EXPECT_EQ(judge(facts).outcome, Outcome::Hopeless);
}

}  // namespace
}  // namespace yates::campaign
