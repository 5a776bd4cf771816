// SPDX-License-Identifier: Apache-2.0
// What studies cost: step times measured and guessed, the paper's study, budgets, the verb itself.
#include "launcher/campaign/estimate.hpp"

#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::campaign {
namespace {

class EstimateTest : public ::testing::Test {
 protected:
  config::StudyFile study(const std::string& more = "", const std::string& base = "") {
    write_file_atomic(directory_ / "base.yaml", base);
    write_file_atomic(directory_ / "study.yaml",
                      "study: {name: paper, base: base.yaml, out: '" +
                          (directory_ / "camp").string() +
                          "'}\n"
                          "factors:\n"
                          "  relocate: {\"-\": {}, \"+\": {model.mamba_stages: [0, 1]}}\n"
                          "  prune: {\"-\": {}, \"+\": {model.prune.enabled: true}}\n"
                          "  width: {\"48\": {}, \"32\": {model.width: 32}}\n"
                          "design: {seeds: [1, 2, 3, 4, 5]}\n"
                          "analysis: {primary: {contrast: \"relocate:prune\", delta: 1.0}, "
                          "sequential: {looks: [3, 4, 5], futility: 0.2}}\n" +
                          more);
    return config::load_study_file(directory_ / "study.yaml");
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(EstimateTest, PapersStudyIsFortyRunsAndOneHundredTwentyGpuDays) {
  const config::StudyFile file = study();
  EstimateOptions options;
  options.gpus = 8;
  options.sources.measurements.push_back(parse_step_time("1.728", file));
  const Estimate estimate = estimate_study(file, options);
  const Json json = estimate_json(file, options, estimate);
  EXPECT_EQ(json["runs"], 40);
  EXPECT_DOUBLE_EQ(json["gpu_days_at_3_days_per_run"].get<double>(), 120);
  // Half the paper's 3.456 s a step, and ten seconds of start-up a run.
  EXPECT_NEAR(json["gpu_days"].get<double>(), 60, 0.01);
  // Waves of 24, 8 and 8 equal runs on 8 GPUs: 3 + 1 + 1 rounds of 1.5 days.
  EXPECT_NEAR(json["makespan_days"].get<double>(), 7.5, 0.001);
  EXPECT_LE(json["lower_bound_days"].get<double>(), json["makespan_days"].get<double>());
  EXPECT_EQ(json["seconds_per_step"].size(), 8U);
  EXPECT_EQ(json["seconds_per_step"].begin().value()["source"], "measured");
  EXPECT_NEAR(json["saving"]["faster_step"].get<double>(), 60, 0.01);
  EXPECT_GT(json["saving"]["stopping_rule"].get<double>(), 0);
  EXPECT_LE(json["saving"]["stopping_rule"].get<double>(), 24.01) << "three of five seeds are run";
  // Per run of t days: m (exp(t / m) - 1) - t - t^2 / (600 m) with m = 30.
  EXPECT_NEAR(json["saving"]["no_lost_work"].get<double>(),
              40 * (30 * std::expm1(1.5 / 30) - 1.5 - 1.5 * 1.5 / 18000),
              0.01);
  EXPECT_NEAR(json["saving"]["packing"].get<double>(), 0, 0.01);
}

TEST_F(EstimateTest, WithoutAMeasurementTheFlopsDecideAndTinyRunsCostTheirStart) {
  const config::StudyFile file = study();
  const Plan plan = make_plan(file, 8);
  EXPECT_NEAR(run_gpu_days(file.arms[0], guess_step_seconds(file.arms[0])), 3.0, 0.001);
  for (const PlannedRun& run : plan.runs) {
    EXPECT_LT(*run.gpu_days, 3.1) << "relocation adds tokens, so a little work";
  }
  const config::StudyFile tiny =
      study("", "data: {patch: [32, 32, 32]}\ntrain: {epochs: 1, steps_per_epoch: 20}\n");
  const double seconds = *make_plan(tiny, 1).runs[0].gpu_days * 86'400;
  EXPECT_GT(seconds, 10);
  EXPECT_LT(seconds, 30);
}

TEST_F(EstimateTest, ResultsOfBenchStepAreOfTheArmsThatFit) {
  const config::StudyFile file = study();
  write_file_atomic(
      directory_ / "bench.json",
      R"([{"name": "step base fast", "size": "C=48 patch=128x128x128 batch=2", "unit": "ms",)"
      R"( "ours": {"median": 1400.0}},)"
      R"({"name": "step base tree", "size": "C=48 patch=128x128x128 batch=2", "unit": "ms",)"
      R"( "ours": {"median": 1500.0}},)"
      R"({"name": "step base tree memory", "size": "C=48 patch=128x128x128 batch=2", "unit": "MiB",)"
      R"( "ours": {"median": 9.0}},)"
      R"({"name": "step relocate", "size": "C=48 patch=128x128x128 batch=2", "unit": "ms",)"
      R"( "ours": {"median": 2000.0}}])");
  StepTimeSources sources;
  sources.measurements = read_bench_step(directory_ / "bench.json");
  const auto times = step_times(file, make_plan(file, 1), sources);
  ASSERT_EQ(times.size(), 8U);  // relocate fastest, then prune, then width.
  EXPECT_TRUE(times[0].measured && times[1].measured);
  EXPECT_DOUBLE_EQ(times[0].seconds, 1.5);
  EXPECT_DOUBLE_EQ(times[1].seconds, 2.0);
  EXPECT_FALSE(times[2].measured);
  // The others keep their share of FLOPs: guesses times a ratio between those of the two measured.
  const double ratio = times[4].seconds / guess_step_seconds(file.arms[4]);
  EXPECT_GE(ratio, 1.5 / guess_step_seconds(file.arms[0]) - 1e-9);
  EXPECT_LE(ratio, 2.0 / guess_step_seconds(file.arms[1]) + 1e-9);
  sources.measurements[0].width = 40;
  sources.measurements.resize(1);
  EXPECT_THROW((void)step_times(file, make_plan(file, 1), sources), Error);
  EXPECT_THROW((void)parse_step_time("relocate=fast", file), Error);
  EXPECT_THROW((void)parse_step_time("relocat.plus=1", file), Error);
}

TEST_F(EstimateTest, RunsUnderWayRefineTheEstimate) {
  const config::StudyFile file = study();
  const Plan plan = make_plan(file, 1);
  const std::filesystem::path folder = run_directory(file, plan.runs[0]);
  make_directories(folder);
  write_file_atomic(folder / "metrics.jsonl",
                    "{\"step\": 1, \"step_s\": 9.0}\n{\"step\": 2, \"step_s\": 1.0}\n"
                    "{\"step\": 3, \"step_s\": 1.1}\n{\"step\": 3, \"dice\": {}}\n{\"st");
  StepTimeSources sources;
  sources.runs = true;
  const auto times = step_times(file, plan, sources);
  EXPECT_TRUE(times[plan.runs[0].arm].measured);
  EXPECT_DOUBLE_EQ(times[plan.runs[0].arm].seconds, 1.1);
}

TEST_F(EstimateTest, PlanOverBudgetIsRefusedWithWhatFits) {
  const config::StudyFile file = study("budget: {gpu_days: 50}\n");
  const auto result = testing::run_yates(
      {"study", "plan", (directory_ / "study.yaml").string(), "--seconds-per-step", "3.456"});
  EXPECT_EQ(result.exit_code, 78) << result.output;
  // 8 arms of 3 days a seed: two seeds cost 48.
  EXPECT_NE(result.error.find("the first 2 of 5 seeds"), std::string::npos) << result.error;
  EXPECT_FALSE(std::filesystem::exists(plan_path(file)));
  const auto cheap = testing::run_yates(
      {"study", "plan", (directory_ / "study.yaml").string(), "--seconds-per-step", "1.0"});
  EXPECT_EQ(cheap.exit_code, 0) << cheap.error;
  EXPECT_NEAR(current_plan(file, 1).gpu_days, 40 * (75'000 + 10) / 86'400.0, 1e-6)
      << "the costs of the published plan";
}

TEST_F(EstimateTest, VerbPrintsTheTotalsAndTheSavingByCause) {
  (void)study();
  const auto result = testing::run_yates({"study",
                                          "estimate",
                                          (directory_ / "study.yaml").string(),
                                          "--seconds-per-step",
                                          "1.728",
                                          "--gpus",
                                          "8",
                                          "--widths",
                                          "1:1,2:0.92"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  for (const char* text : {"40 runs",
                           "120 GPU-days",
                           "60 GPU-days",
                           "faster step",
                           "packing",
                           "stopping rule",
                           "no lost work",
                           "mixed numbers of ranks"}) {
    EXPECT_NE(result.output.find(text), std::string::npos) << text << "\n" << result.output;
  }
}

}  // namespace
}  // namespace yates::campaign
