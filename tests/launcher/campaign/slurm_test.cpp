// SPDX-License-Identifier: Apache-2.0
// Batch scripts and what Slurm is asked, against stand-ins for its programs.
#include <filesystem>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "launcher/campaign/child_process.hpp"
#include "launcher/campaign/run_record.hpp"
#include "launcher/campaign/submission_preview.hpp"
#include "launcher/campaign/wave.hpp"
#include "tests/launcher/campaign/slurm_stand_in.hpp"

namespace yates::campaign {
namespace {

/// Runs a program to its end and returns its exit code.
int run_program(const std::vector<std::string>& words, const std::filesystem::path& log) {
  Command command;
  command.words = words;
  command.log = log;
  ChildProcess process(command);
  std::optional<Ending> ending;
  while (!(ending = process.ending())) {
    ::usleep(1000);
  }
  return ending->exit_code;
}

TEST_F(SlurmTest, QuotedWordsReachAProgramUnchanged) {
  for (const std::string word :
       {"$(touch x)", "a b", "-rf", "'", "\"", "`id`", "a\nb", "*", "\\", "", "@RUNS@", "$'x'"}) {
    write_file_atomic(directory_ / "s.sh", "printf '%s|' " + shell_quote(word) + " tail\n");
    std::filesystem::remove(at("log"));
    EXPECT_EQ(run_program({"bash", at("s.sh")}, at("log")), 0);
    EXPECT_EQ(read_file(at("log")), word + "|tail|");
  }
}

TEST_F(SlurmTest, PlaceholderInsideAValueIsNotReplaced) {
  const config::StudyFile file = study();
  Submission odd = submission();
  odd.yates = "/opt/@OUT@/$(touch x)/yates";
  const std::string script = run_script(file, odd, {"r1"});
  EXPECT_NE(script.find("yates='/opt/@OUT@/$(touch x)/yates'\n"), std::string::npos);
}

TEST_F(SlurmTest, CheckAsksSlurmAboutEveryScriptAndSubmitsNothing) {
  const config::StudyFile file = study();
  const std::string answer = check_submission(file, make_plan(file, 1), submission());
  ASSERT_EQ(calls(), 2);
  EXPECT_TRUE(read_file(at("call.1")).starts_with("--test-only\n")) << read_file(at("call.1"));
  EXPECT_NE(read_file(at("call.1")).find("--array=0-15\n"), std::string::npos);
  EXPECT_EQ(read_file(at("call.2")).find("--dependency"), std::string::npos);
  EXPECT_NE(answer.find("gate1-1: "), std::string::npos) << answer;
  EXPECT_EQ(read_wave_log(file).wave(), 0);
}

TEST_F(SlurmTest, SiteWithoutGpuOptionsAsksForNoneInsideTheJobEither) {
  config::StudyFile file = study();
  file.slurm.gpus_per_node = 4;
  file.slurm.ranks_per_run = 2;
  Submission site = submission();
  const auto words = [&](const std::string& gpus_as) {
    site.site.gpus_as = gpus_as;
    return shell_line(sbatch_runs(file, site, "n", 1, "s")) + run_script(file, site, {"r"}) +
           shell_line(srun_words(file, {.mpi = "pmix", .gpus_as = gpus_as}));
  };
  EXPECT_EQ(words("none").find("gres=gpu"), std::string::npos);
  EXPECT_EQ(words("none").find("gpus-per-node="), std::string::npos);
  EXPECT_NE(words("none").find("'--srun-gpus=none'"), std::string::npos);
  EXPECT_NE(words("gres").find("'--gres=gpu:2'"), std::string::npos);
  EXPECT_NE(words("per_node").find("'--gpus-per-node=2'"), std::string::npos);
}

TEST_F(SlurmTest, StagingFolderIsAQuotedPathOrAVariableOfTheJob) {
  const config::StudyFile file = study();
  Submission site = submission();
  site.site.stage_to = "/disk/$(touch x)";
  EXPECT_NE(run_script(file, site, {"r"}).find("--stage '/disk/$(touch x)' &"), std::string::npos);
  site.site.stage_to = "$TMPDIR";
  EXPECT_NE(run_script(file, site, {"r"}).find("--stage \"${TMPDIR:?"), std::string::npos);
  write_file_atomic(directory_ / "site.yaml", "site: {stage_to: '$(touch x)'}\n");
  EXPECT_THROW((void)config::load_site_file(directory_ / "site.yaml"), Error);
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(YATES_SOURCE_DIR) + "/slurm/sites")) {
    EXPECT_NO_THROW((void)config::load_site_file(entry.path())) << entry.path();
  }
}

TEST_F(SlurmTest, StudyCannotNameItsWayOutOfItsFolder) {
  for (const char* name : {"../../etc", "a/b", "-rf", ".", "..", ""}) {
    write_file_atomic(directory_ / "base.yaml", "command: [./train.sh]\n");
    write_file_atomic(directory_ / "study.yaml",
                      fmt::format("study: {{name: '{}', base: base.yaml, out: '{}'}}\n"
                                  "factors: {{a: {{\"-\": {{}}, \"+\": {{}}}}}}\n"
                                  "design: {{seeds: [1]}}\n",
                                  name,
                                  at("camp")));
    if (std::string(name) == "-rf") {
      continue;  // Harmless: it stands behind "--job-name=yates-".
    }
    EXPECT_THROW((void)config::load_study_file(directory_ / "study.yaml"), Error) << name;
  }
  // Whatever levels are called, the id of an arm is a plain file name.
  write_file_atomic(directory_ / "study.yaml",
                    "study: {name: odd, base: base.yaml, out: '" + at("camp") +
                        "'}\nfactors: {a: {\"../../x\": {}, \"$(touch x) -rf\": {}}}\n"
                        "design: {seeds: [1]}\n");
  for (const PlannedRun& run :
       make_plan(config::load_study_file(directory_ / "study.yaml"), 1).runs) {
    EXPECT_EQ(run.id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789._-"),
              std::string::npos)
        << run.id;
    EXPECT_NE(run.id.front(), '.');
    EXPECT_NE(run.id.front(), '-');
  }
}

TEST_F(SlurmTest, ScriptOfAnElementRunsItsRunAndDoesNotRequeueWhatIsDone) {
  std::filesystem::create_directories(at("odd $(touch x)"));
  const config::StudyFile file = study("", "odd $(touch x)/camp");
  const Plan plan = make_plan(file, 1);
  write_file_atomic(at("run.sbatch"),
                    run_script(file, submission(), {plan.runs[0].id, plan.runs[5].id}));
  const int code =
      run_program({"env", "SLURM_ARRAY_TASK_ID=1", "bash", at("run.sbatch")}, at("element.txt"));
  EXPECT_EQ(code, 0) << read_file(at("element.txt"));
  EXPECT_EQ(read_run_record(run_directory(file, plan.runs[5])).state, RunState::Done);
  EXPECT_EQ(read_run_record(run_directory(file, plan.runs[0])).state, RunState::Waiting);
  EXPECT_FALSE(std::filesystem::exists(at("requeued")));
  EXPECT_FALSE(std::filesystem::exists("x"));
}

TEST_F(SlurmTest, ElementIsRequeuedAfter75AndNotAfterAFailureForGood) {
  const config::StudyFile file = study("retry: {attempts: 1}\n");
  const Plan plan = make_plan(file, 1);
  write_file_atomic(at("run.sbatch"), run_script(file, submission(), {plan.runs[0].id}));
  const auto element = [&](const std::string& trainer) {
    write_file_atomic(directory_ / "train.sh", "#!/bin/sh\n" + trainer);
    std::filesystem::permissions(directory_ / "train.sh", std::filesystem::perms::owner_all);
    std::filesystem::remove(at("requeued"));
    return run_program(
        {"env", "SLURM_ARRAY_TASK_ID=0", "SLURM_ARRAY_JOB_ID=7", "bash", at("run.sbatch")},
        at("element.txt"));
  };
  EXPECT_EQ(element("exit 75\n"), 75);
  EXPECT_EQ(read_file(at("requeued")), "requeue\n7_0\n");
  write_file_atomic(at("job"), "JobId=7 Requeue=1 Restarts=1 BatchFlag=1\n");
  EXPECT_EQ(element("exit 75\n"), 75);
  EXPECT_FALSE(std::filesystem::exists(at("requeued"))) << "another start of the job goes on";
  EXPECT_EQ(element("exit 9\n"), 3);
  EXPECT_FALSE(std::filesystem::exists(at("requeued")));
}

}  // namespace
}  // namespace yates::campaign
