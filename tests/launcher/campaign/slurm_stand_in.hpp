// SPDX-License-Identifier: Apache-2.0
// Programs that stand in for those of Slurm, and a study that they run.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "launcher/campaign/plan.hpp"
#include "launcher/campaign/run_record.hpp"
#include "launcher/campaign/slurm_script.hpp"
#include "launcher/campaign/stopping_rule.hpp"
#include "launcher/config/study_file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::campaign {

/// A study of shell scripts, and stand-ins for sbatch, squeue and scontrol on PATH.
class SlurmTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = std::getenv("PATH");
    std::filesystem::create_directories(directory_ / "bin");
    // sbatch counts its calls and numbers its jobs; squeue tells what the file `queue` says.
    tool("sbatch",
         "n=$(($(cat '" + at("count") + "' 2>/dev/null || echo 0) + 1))\necho $n > '" +
             at("count") + "'\nprintf '%s\\n' \"$@\" > '" + at("call") +
             "'.$n\necho sbatch: a warning >&2\necho \"$((n + 100));cluster\"\n");
    tool("squeue", "cat '" + at("queue") + "' 2>/dev/null; true\n");
    tool("scontrol",
         "case $1 in show) cat '" + at("job") +
             "' 2>/dev/null || echo Restarts=0 ;; *) printf "
             "'%s\\n' \"$@\" > '" +
             at("requeued") + "' ;; esac\n");
    ::setenv("PATH", ((directory_ / "bin").string() + ":" + path_).c_str(), 1);
  }
  void TearDown() override { ::setenv("PATH", path_.c_str(), 1); }

  [[nodiscard]] std::string at(const std::string& name) const {
    return (directory_ / name).string();
  }

  void tool(const std::string& name, const std::string& script) {
    write_file_atomic(directory_ / "bin" / name, "#!/bin/sh\n" + script);
    std::filesystem::permissions(directory_ / "bin" / name, std::filesystem::perms::owner_all);
  }

  config::StudyFile study(const std::string& more = "", const std::string& out = "camp") {
    write_file_atomic(directory_ / "train.sh",
                      "#!/bin/sh\nprintf 'case,region,dice,hd95_mm\\nc1,mean,0.%s,1\\n' "
                      "$YATES_SEED > cases.csv\n");
    std::filesystem::permissions(directory_ / "train.sh", std::filesystem::perms::owner_all);
    write_file_atomic(directory_ / "base.yaml", "command: [./train.sh]\n");
    write_file_atomic(directory_ / "study.yaml",
                      "study: {name: shell, base: base.yaml, out: '" + at(out) +
                          "'}\nfactors: {a: {\"-\": {}, \"+\": {}}, b: {low: {}, high: {}}}\n"
                          "design: {seeds: [1, 2, 3, 4]}\n" +
                          more);
    return config::load_study_file(directory_ / "study.yaml");
  }

  [[nodiscard]] Submission submission() const {
    return {.yates = YATES_BINARY, .site_file = {}, .overrides = {}, .site = {}};
  }

  [[nodiscard]] int calls() const {
    return std::filesystem::exists(at("count")) ? std::stoi(read_file(at("count"))) : 0;
  }

  static void finish_block(const config::StudyFile& file, std::int64_t block, double effect = 0) {
    for (const PlannedRun& run : make_plan(file, 1).runs) {
      if (run.block == block) {
        const auto& levels = file.arms[run.arm].levels;
        const bool both = levels.at("a") == "+" && levels.at("b") == "high";
        const std::filesystem::path folder = run_directory(file, run);
        make_directories(folder);
        write_file_atomic(
            folder / "cases.csv",
            fmt::format("case,region,dice,hd95_mm\nc1,mean,{},1\n",
                        0.5 + 0.001 * static_cast<double>(block) + (both ? effect : 0.0)));
        RunRecord record;
        record.state = RunState::Done;
        write_run_record(folder, record);
      }
    }
  }

  static constexpr const char* kSequential =
      "analysis: {primary: {metric: dice, region: mean, contrast: 'a:b'}, "
      "sequential: {spending: pocock, looks: [2, 4]}}\n";

  testing::TemporaryDirectory directory_;
  std::string path_;
};

}  // namespace yates::campaign
