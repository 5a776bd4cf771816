// SPDX-License-Identifier: Apache-2.0
// What `study status` says: ledger, gate, why runs wait, launchers that took a run over.
#include "launcher/campaign/status.hpp"

#include <sys/stat.h>

#include "base/error.hpp"
#include "launcher/campaign/gate_view.hpp"
#include "launcher/campaign/launch_fence.hpp"
#include "launcher/campaign/ledger.hpp"
#include "launcher/campaign/lost_work.hpp"
#include "launcher/campaign/staged_data.hpp"
#include "tests/launcher/campaign/shell_study.hpp"
#include "tests/support/command.hpp"
#include "tests/support/small_data_set.hpp"

namespace yates::campaign {
namespace {

class StatusTest : public ShellStudy {
 protected:
  void SetUp() override {
    file_ = study(kTrainer, kSequential, "[1, 2, 3, 4]");
    plan_ = make_plan(file_, 1);
  }

  /// Wave 1 as job 100, gate as job 101.
  [[nodiscard]] WaveLog submitted() const {
    WaveLog log;
    std::vector<std::string> ids;
    for (const std::size_t run : wave_runs(file_, plan_, 1)) {
      ids.push_back(plan_.runs[run].id);
    }
    log.batches.push_back({.wave = 1, .name = "w1", .runs = ids, .job = "100", .submitted = ""});
    log.gate_name = "gate1";
    log.gate_job = "101";
    return log;
  }

  [[nodiscard]] std::string gate_state(const WaveLog& log,
                                       const std::optional<QueueView>& queue) const {
    return view_gate(file_, plan_, view_campaign(file_, plan_), log, queue).state;
  }

  static constexpr const char* kSequential =
      "analysis: {primary: {metric: dice, region: mean, contrast: 'a:b'}, "
      "sequential: {spending: pocock, looks: [2, 4]}}\n";

  config::StudyFile file_;
  Plan plan_;
};

TEST_F(StatusTest, GateIsDeadWhenNothingInTheQueueGoesOn) {
  const WaveLog log = submitted();
  EXPECT_EQ(gate_state({}, std::nullopt), "none");
  EXPECT_EQ(gate_state(log, parse_queue("100|3|PENDING|Priority\n101|N/A|PENDING|Dependency\n")),
            "waiting");
  EXPECT_EQ(gate_state(log, parse_queue("101|N/A|PENDING|Dependency\n")), "waiting");
  EXPECT_EQ(gate_state(log, parse_queue("100|3|RUNNING|None\n")), "waiting")
      << "the wave's jobs still run: the gate may be submitted by hand";
  EXPECT_EQ(gate_state(log, parse_queue("")), "dead");
  EXPECT_EQ(gate_state(log, std::nullopt), "waiting") << "without squeue nothing is known";
  for (const PlannedRun& run : plan_.runs) {
    if (run.block <= 2) {
      finish(file_, run, 0.5);
    }
  }
  EXPECT_EQ(gate_state(log, std::nullopt), "due");
  EXPECT_EQ(gate_state(log, parse_queue("")), "dead");
  WaveLog stopped = log;
  stopped.stopped = "stop: effect";
  EXPECT_EQ(gate_state(stopped, std::nullopt), "stopped");
}

TEST_F(StatusTest, RunsSayWhyTheyWait) {
  const WaveLog log = submitted();
  const auto waits = reasons_to_wait(
      file_, plan_, view_campaign(file_, plan_), log, parse_queue("100|0|PENDING|Resources\n"));
  const std::size_t first = wave_runs(file_, plan_, 1)[0];
  const std::size_t later = wave_runs(file_, plan_, 2)[0];
  EXPECT_EQ(waits[first], "submitted as job 100_0, Resources");
  EXPECT_EQ(waits[later], "of wave 2, which follows");
}

TEST_F(StatusTest, WithoutALauncherRunsWaitForACommand) {
  const auto reason = [this] {
    return reasons_to_wait(file_, plan_, view_campaign(file_, plan_), {}, std::nullopt).back();
  };
  EXPECT_EQ(reason(), "nothing was started: `yates study submit` or `study run`");
  RunRecord started;
  started.starts = 1;
  make_directories(run_directory(file_, plan_.runs[0]));
  write_run_record(run_directory(file_, plan_.runs[0]), started);
  EXPECT_EQ(reason(), "no launcher works on it: `yates study run` goes on");
}

TEST_F(StatusTest, LedgerAddsUp) {
  for (const PlannedRun& run : plan_.runs) {
    finish(file_, run, 0.5);
  }
  RunRecord record = read_run_record(run_directory(file_, plan_.runs[0]));
  record.gpu_seconds = 86'400;
  record.lost_gpu_seconds = 43'200;
  write_run_record(run_directory(file_, plan_.runs[0]), record);
  record.state = RunState::Running;
  record.open_gpu_seconds = 8640;
  write_run_record(run_directory(file_, plan_.runs[1]), record);
  const Ledger ledger = make_ledger(file_, plan_, view_campaign(file_, plan_), {});
  const double others = 14 * 10 / 86'400.0;
  EXPECT_NEAR(ledger.used, 2.1 + others, 1e-9);
  EXPECT_NEAR(ledger.lost, 1.0, 1e-9);
  EXPECT_NEAR(ledger.useful, 0.5 + others, 1e-9);
}

TEST_F(StatusTest, LostShareIsWhatNoCheckpointHolds) {
  const auto folder = directory_ / "run";
  EXPECT_DOUBLE_EQ(lost_share(folder), 1);
  make_directories(folder / "attempts" / "0001");
  make_directories(folder / "checkpoints");
  write_file_atomic(folder / "attempts" / "0001" / "start.json", "{\"step\": 100}");
  write_file_atomic(folder / "metrics.jsonl", "{\"step\": 140}\n{\"step\": 150}\n{\"ste");
  EXPECT_DOUBLE_EQ(lost_share(folder), 1);
  write_file_atomic(folder / "checkpoints" / "step-00000140.safetensors", "");
  EXPECT_DOUBLE_EQ(lost_share(folder), 0.2);
}

TEST_F(StatusTest, OlderLaunchIsFencedOffByANewerOne) {
  make_directories(directory_ / "run");
  const LaunchFence older(directory_ / "run");
  EXPECT_FALSE(older.is_superseded());
  const LaunchFence newer(directory_ / "run");
  EXPECT_TRUE(older.is_superseded());
  EXPECT_THROW(older.check(), Error);
  newer.check();
  ::setenv("SLURM_JOB_ID", "7", 1);
  const LaunchFence in_job(directory_ / "run");
  EXPECT_FALSE(LaunchFence::is_restart_of_newest(directory_ / "run")) << "the same start";
  ::setenv("SLURM_RESTART_COUNT", "1", 1);
  EXPECT_TRUE(LaunchFence::is_restart_of_newest(directory_ / "run"));
  ::setenv("SLURM_JOB_ID", "8", 1);
  EXPECT_FALSE(LaunchFence::is_restart_of_newest(directory_ / "run")) << "another job";
  ::unsetenv("SLURM_JOB_ID");
  ::unsetenv("SLURM_RESTART_COUNT");
}

TEST_F(StatusTest, WatchEndsWhenNothingChangesAnyMore) {
  for (const PlannedRun& run : plan_.runs) {
    finish(file_, run, 0.5);
  }
  const auto result = testing::run_yates({"study", "status", at("study.yaml"), "--watch", "1"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NE(result.output.find("# 16 done"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("saved"), std::string::npos);
}

TEST_F(StatusTest, StagedDataAreCopiedOnceAndChecked) {
  const auto data = directory_ / "shards";
  make_directories(data);
  testing::write_small_data_set(data, {{"case-1", {10, 9, 8}}});
  make_directories(directory_ / "disk");
  const auto copy = stage_data(data, directory_ / "disk");
  ASSERT_NE(copy, data);
  const io::Manifest manifest = io::read_manifest(copy);
  const auto shard = copy / manifest.shards[0].file;
  EXPECT_EQ(read_file(shard), read_file(data / manifest.shards[0].file));
  const auto written = std::filesystem::last_write_time(shard);
  EXPECT_EQ(stage_data(data, directory_ / "disk"), copy);
  EXPECT_EQ(std::filesystem::last_write_time(shard), written) << "it was copied again";
  std::filesystem::resize_file(shard, 100);
  EXPECT_EQ(stage_data(data, directory_ / "disk"), copy);
  EXPECT_EQ(read_file(shard), read_file(data / manifest.shards[0].file));
  std::filesystem::remove_all(copy);
  std::string bytes = read_file(data / manifest.shards[0].file);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_file_atomic(data / manifest.shards[0].file, bytes);
  EXPECT_THROW((void)stage_data(data, directory_ / "disk"), Error);
}

TEST_F(StatusTest, FolderOfSomebodyElseIsNotUsedForStaging) {
  const auto data = directory_ / "shards";
  make_directories(data);
  testing::write_small_data_set(data, {{"case-1", {10, 9, 8}}});
  make_directories(directory_ / "disk");
  const auto copy = stage_data(data, directory_ / "disk");
  std::filesystem::rename(copy, directory_ / "moved");
  std::filesystem::create_directory_symlink(directory_ / "moved", copy);
  EXPECT_THROW((void)stage_data(data, directory_ / "disk"), Error) << "a link was followed";
  std::filesystem::remove(copy);
  make_directories(copy);
  ::chmod(copy.c_str(), 0777);
  EXPECT_THROW((void)stage_data(data, directory_ / "disk"), Error) << "others may write to it";
}

}  // namespace
}  // namespace yates::campaign
