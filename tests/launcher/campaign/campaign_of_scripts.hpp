// SPDX-License-Identifier: Apache-2.0
// A campaign whose trainer is a shell script.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "launcher/campaign/launcher.hpp"
#include "launcher/campaign/plan.hpp"
#include "launcher/campaign/run_record.hpp"
#include "launcher/config/study_file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::campaign {

/// Writes a result that depends on arm and seed, so that the files can be told apart.
inline constexpr const char* kWriteCases =
    "printf 'case,region,dice,hd95_mm\\nc1,mean,0.%s,1\\n' $YATES_SEED > cases.csv\n";

/// Runs such a campaign, in this process or as a program.
class CampaignTest : public ::testing::Test {
 protected:
  /// A study of 2 x 2 arms and three seeds whose trainer is a shell script.
  config::StudyFile study(const std::string& script, const std::string& more = "") {
    write_file_atomic(directory_ / "train.sh", "#!/bin/sh\n" + script);
    std::filesystem::permissions(directory_ / "train.sh", std::filesystem::perms::owner_all);
    write_file_atomic(directory_ / "base.yaml", "command: [./train.sh, one argument]\n");
    write_file_atomic(
        directory_ / "study.yaml",
        "study: {name: shell, base: base.yaml, out: " + (directory_ / "camp").string() +
            "}\n"
            "factors: {a: {\"-\": {}, \"+\": {}}, b: {low: {}, high: {}}}\n"
            "design: {seeds: [1, 2, 3]}\n" +
            more);
    return config::load_study_file(directory_ / "study.yaml");
  }

  static CampaignCounts run(const config::StudyFile& study, std::int64_t slots = 2) {
    const LauncherOptions options{.slots = slots, .ranks = 1, .yates = YATES_BINARY};
    return run_campaign(study, make_plan(study, 1), options);
  }

  static RunRecord record(const config::StudyFile& study, std::size_t run) {
    return read_run_record(run_directory(study, make_plan(study, 1).runs[run]));
  }

  /// Starts `yates study run` as a process of its own.
  pid_t launch(const std::string& slots) {
    const std::string file = (directory_ / "study.yaml").string();
    const pid_t launcher = ::fork();
    if (launcher == 0) {
      ::freopen((directory_ / "launcher.txt").c_str(), "a", stderr);
      ::freopen((directory_ / "launcher.txt").c_str(), "a", stdout);
      ::execl(
          YATES_BINARY, "yates", "study", "run", file.c_str(), "--slots", slots.c_str(), nullptr);
      ::_exit(126);
    }
    return launcher;
  }

  bool appears(const std::string& name) const {
    const Stopwatch watch;
    while (watch.seconds() < 20) {
      if (std::filesystem::exists(directory_ / name)) {
        return true;
      }
      ::usleep(10'000);
    }
    return false;
  }

  testing::TemporaryDirectory directory_;
};

}  // namespace yates::campaign
