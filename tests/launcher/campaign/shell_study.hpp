// SPDX-License-Identifier: Apache-2.0
// A study of 2 x 2 arms whose trainer is a shell script, in a folder of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "launcher/campaign/plan.hpp"
#include "launcher/campaign/run_record.hpp"
#include "launcher/config/study_file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::campaign {

class ShellStudy : public ::testing::Test {
 protected:
  [[nodiscard]] std::string at(const std::string& name) const {
    return (directory_ / name).string();
  }

  /// `script` is the trainer, `more` further sections of the study file.
  config::StudyFile study(const std::string& script,
                          const std::string& more = "",
                          const std::string& seeds = "[1, 2, 3]") {
    write_file_atomic(directory_ / "train.sh", "#!/bin/sh\n" + script);
    std::filesystem::permissions(directory_ / "train.sh", std::filesystem::perms::owner_all);
    write_file_atomic(directory_ / "base.yaml", "command: [./train.sh]\n");
    write_file_atomic(
        directory_ / "study.yaml",
        fmt::format("study: {{name: shell, base: base.yaml, out: '{}'}}\n"
                    "factors: {{a: {{\"-\": {{}}, \"+\": {{}}}}, b: {{low: {{}}, high: {{}}}}}}\n"
                    "design: {{seeds: {}}}\n",
                    at("camp"),
                    seeds) +
            more);
    return config::load_study_file(directory_ / "study.yaml");
  }

  /// A trainer that leaves a Dice of 0.5, 0.2 more in the arm ++, and a little by seed.
  static constexpr const char* kTrainer =
      "both=0; [ \"$YATES_LEVEL_A$YATES_LEVEL_B\" = +high ] && both=2\n"
      "printf 'case,region,dice,hd95_mm\\nc1,mean,0.%s%s,1\\n' $((5 + both)) $YATES_SEED > "
      "cases.csv\n";

  /// Marks a run as done with this Dice.
  static void finish(const config::StudyFile& study, const PlannedRun& run, double dice) {
    const std::filesystem::path folder = run_directory(study, run);
    make_directories(folder);
    write_file_atomic(folder / "cases.csv",
                      fmt::format("case,region,dice,hd95_mm\nc1,mean,{},1\n", dice));
    RunRecord record;
    record.state = RunState::Done;
    record.passed = {"train"};
    record.starts = record.attempts = 1;
    record.gpu_seconds = 10;
    write_run_record(folder, record);
  }

  testing::TemporaryDirectory directory_;
};

}  // namespace yates::campaign
