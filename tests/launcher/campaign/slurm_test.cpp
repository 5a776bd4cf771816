// SPDX-License-Identifier: Apache-2.0
// Submitting and advancing a study, against stand-ins for Slurm's programs.
#include <cstdlib>
#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "launcher/campaign/advance.hpp"
#include "launcher/campaign/child_process.hpp"
#include "launcher/campaign/launcher.hpp"
#include "launcher/campaign/results.hpp"
#include "launcher/campaign/run_record.hpp"
#include "launcher/campaign/stopping_rule.hpp"
#include "tests/support/temporary_directory.hpp"

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

TEST_F(SlurmTest, SubmitIsOneArrayAndAGateAndAdvanceWaitsForThem) {
  const config::StudyFile file = study();
  const Plan plan = make_plan(file, 1);
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Submitted);
  ASSERT_EQ(calls(), 2);
  const std::string array = read_file(at("call.1"));
  EXPECT_NE(array.find("--array=0-15\n"), std::string::npos) << array;
  EXPECT_NE(array.find("--requeue\n"), std::string::npos);
  EXPECT_NE(array.find("--signal=B:USR1@300\n"), std::string::npos);
  EXPECT_NE(read_file(at("call.2")).find("--dependency=afterany:101\n"), std::string::npos);
  write_file_atomic(at("queue"), "101\n101\n102\n");
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Waiting);
  EXPECT_EQ(calls(), 2);
}

TEST_F(SlurmTest, ArraysAreSplitAtTheSizeOfTheSite) {
  const config::StudyFile file = study();
  Submission small = submission();
  small.site.max_array_size = 7;
  small.site.max_running = 3;
  (void)advance(file, make_plan(file, 1), small);
  ASSERT_EQ(calls(), 4);
  EXPECT_NE(read_file(at("call.1")).find("--array=0-5%3\n"), std::string::npos);
  EXPECT_NE(read_file(at("call.3")).find("--array=0-3%3\n"), std::string::npos);
  EXPECT_NE(read_file(at("call.4")).find("afterany:101:102:103\n"), std::string::npos);
}

TEST_F(SlurmTest, RunsWithoutAJobAreSubmittedAgainAtMostSoOftenAsTheStudySays) {
  const config::StudyFile file = study();
  const Plan plan = make_plan(file, 1);
  (void)advance(file, plan, submission());
  for (std::int64_t block = 1; block <= 3; ++block) {
    finish_block(file, block);
  }
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Submitted);
  EXPECT_NE(read_file(at("call.3")).find("--array=0-3\n"), std::string::npos);
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Submitted);
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Stopped);
}

TEST_F(SlurmTest, EffectAtTheFirstLookStopsBeforeTheSecondWave) {
  const config::StudyFile file = study(kSequential);
  const Plan plan = make_plan(file, 1);
  (void)advance(file, plan, submission());
  EXPECT_NE(read_file(at("call.1")).find("--array=0-7\n"), std::string::npos);
  finish_block(file, 1, 0.2);
  finish_block(file, 2, 0.2001);
  const Advance end = advance(file, plan, submission());
  EXPECT_EQ(end.step, Step::Stopped);
  EXPECT_NE(end.text.find("stop: effect"), std::string::npos) << end.text;
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Stopped);
  EXPECT_EQ(calls(), 2);
}

TEST_F(SlurmTest, NoEffectGoesOnToTheLastWave) {
  const config::StudyFile file = study(kSequential);
  const Plan plan = make_plan(file, 1);
  (void)advance(file, plan, submission());
  finish_block(file, 1, 0.05);
  finish_block(file, 2, -0.05);
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Submitted);
  EXPECT_EQ(calls(), 4);
  finish_block(file, 3, 0.05);
  finish_block(file, 4, -0.06);
  const Advance end = advance(file, plan, submission());
  EXPECT_EQ(end.step, Step::Stopped);
  EXPECT_NE(end.text.find("no effect shown"), std::string::npos) << end.text;
}

TEST_F(SlurmTest, EarlierLookThatIsCompletedLateStopsTheStudyAndLetsRunsInFlightFinish) {
  const config::StudyFile file = study(kSequential);
  const Plan plan = make_plan(file, 1);
  (void)advance(file, plan, submission());
  finish_block(file, 1, 0.2);
  finish_block(file, 2, 0.2001);
  RunRecord failed;
  failed.state = RunState::Failed;
  write_run_record(run_directory(file, plan.runs[0]), failed);
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Submitted) << "one seed is no look";
  finish_block(file, 1, 0.2);  // It was mended and tried again.
  finish_block(file, 3, 0.2003);
  write_file_atomic(at("queue"), "103\n");
  const Advance end = advance(file, plan, submission());
  EXPECT_EQ(end.step, Step::Stopped);
  EXPECT_NE(end.text.find("runs in flight are finished"), std::string::npos) << end.text;
  EXPECT_EQ(calls(), 4) << "no job was submitted, none cancelled";
  finish_block(file, 4, 0.2004);
  std::filesystem::remove(at("queue"));
  EXPECT_EQ(advance(file, plan, submission()).step, Step::Stopped);
  EXPECT_EQ(collect_results(file, plan, file.out).table.rows.size(), 16U) << "all are counted";
}

TEST_F(SlurmTest, LooksDoNotDependOnWhichRunsEndFirst) {
  const config::StudyFile file = study(kSequential);
  const Plan plan = make_plan(file, 1);
  finish_block(file, 1, 0.2);
  finish_block(file, 3, 0.2001);
  EXPECT_EQ(reason_to_stop(file, plan), "") << "seed 2 is still open: two seeds are no look";
  finish_block(file, 2, 0.2002);
  EXPECT_NE(reason_to_stop(file, plan), "");
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

TEST_F(SlurmTest, HaltedStudySubmitsNothing) {
  const config::StudyFile file = study();
  make_directories(file.out);
  write_file_atomic(file.out / "HALT", "");
  EXPECT_EQ(advance(file, make_plan(file, 1), submission()).step, Step::Stopped);
  EXPECT_EQ(calls(), 0);
}

TEST_F(SlurmTest, RefusalOfSbatchIsAnErrorWithItsWords) {
  tool("sbatch", "echo 'Invalid account' >&2; exit 1\n");
  const config::StudyFile file = study();
  try {
    (void)advance(file, make_plan(file, 1), submission());
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("Invalid account"), std::string::npos);
  }
}

}  // namespace
}  // namespace yates::campaign
