// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/plan.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "launcher/campaign/json_differences.hpp"
#include "launcher/campaign/packing.hpp"
#include "launcher/campaign/plan_file.hpp"
#include "launcher/campaign/step_time.hpp"
#include "launcher/campaign/wave.hpp"

namespace yates::campaign {
namespace {

PlannedRun plan_run(const config::StudyFile& study,
                    std::size_t arm,
                    std::size_t seed_index,
                    const StepTime& time) {
  const config::StudyArm& planned = study.arms[arm];
  const std::int64_t seed = study.spec.seeds[seed_index];
  const std::string digest = sha256_hex(config::run_identity(planned, seed));
  return PlannedRun{.id = fmt::format("{}-s{}-{}", planned.id, seed, digest.substr(0, 8)),
                    .arm = arm,
                    .seed = seed,
                    .block = static_cast<std::int64_t>(seed_index) + 1,
                    .gpu_days = time.seconds > 0
                                    ? std::optional(run_gpu_days(planned, time.seconds))
                                    : std::nullopt};
}

std::vector<StepTime> guessed_times(const config::StudyFile& study) {
  std::vector<StepTime> times;
  for (const config::StudyArm& arm : study.arms) {
    times.push_back({.seconds = guess_step_seconds(arm), .measured = false});
  }
  return times;
}

/// Totals and makespan of `plan.runs`; a wave begins when the one before it has ended.
void add_totals(const config::StudyFile& study, std::int64_t gpus, Plan& plan) {
  const std::int64_t ranks = study.slurm.ranks_per_run;
  const std::int64_t slots = std::max<std::int64_t>(gpus / ranks, 1);
  plan.gpu_days = plan.makespan_days = plan.lower_bound_days = 0;
  for (const PlannedRun& run : plan.runs) {
    plan.gpu_days += run.gpu_days.value_or(0);
  }
  const auto waves = static_cast<std::int64_t>(wave_ends(study).size());
  for (std::int64_t wave = 1; wave <= waves; ++wave) {
    std::vector<double> days;
    for (const std::size_t run : wave_runs(study, plan, wave)) {
      days.push_back(plan.runs[run].gpu_days.value_or(0) / static_cast<double>(ranks));
    }
    const Packing packing = pack_runs(days, slots);
    plan.makespan_days += packing.days;
    plan.lower_bound_days += packing.lower_bound_days;
  }
}

/// What a plan fixes; costs and execution settings may change later.
Json fixed_part(const Json& plan) {
  Json fixed;
  fixed["study"] = plan.value("study", Json());
  fixed["analysis"] = plan.value("analysis", Json());
  for (const Json& arm : plan.at("arms")) {
    fixed["arm " + arm.at("id").get<std::string>()] = {{"levels", arm.value("levels", Json())},
                                                       {"settings", arm.value("settings", Json())},
                                                       {"command", arm.value("command", Json())}};
  }
  for (const Json& run : plan.at("runs")) {
    fixed["run " + run.at("id").get<std::string>()] = {{"arm", run.value("arm", Json())},
                                                       {"seed", run.value("seed", Json())}};
  }
  return fixed;
}

std::vector<Problem> differences(const config::StudyFile& study,
                                 const Json& before,
                                 const Json& after) {
  constexpr std::size_t kShown = 20;
  std::vector<std::string> lines = json_differences(fixed_part(before), fixed_part(after));
  // Runs follow from arms and seeds; they are only worth a line when nothing else is.
  const auto is_run = [](const std::string& line) { return line.starts_with("run "); };
  if (!std::all_of(lines.begin(), lines.end(), is_run)) {
    std::erase_if(lines, is_run);
  }
  std::vector<Problem> problems;
  for (std::size_t i = 0; i < std::min(lines.size(), kShown); ++i) {
    const bool last = i + 1 == std::min(lines.size(), kShown);
    problems.push_back(Problem{
        .what = "the study file does not mean what was planned: " + lines[i],
        .where = study.path.string(),
        .allowed = lines.size() > kShown && last
                       ? fmt::format("({} more differences)", lines.size() - kShown)
                       : "",
        .fix =
            last ? fmt::format("undo the change, or set another study.out than {} for a new study",
                               study.out.string())
                 : ""});
  }
  return problems;
}

/// Refuses a plan that costs more than the study may, with what would fit.
void check_budget(const config::StudyFile& study, const Json& json) {
  const auto planned = json_get<double>(json, "gpu_days", "the plan");
  if (!study.gpu_days || planned <= *study.gpu_days) {
    return;
  }
  std::vector<double> of_block(study.spec.seeds.size(), 0.0);
  std::map<std::string, double> of_arm;
  for (const Json& run : json_get<Json>(json, "runs", "the plan")) {
    const Json& cost = run.at("cost_gpu_days");
    const double days = cost.is_number() ? cost.get<double>() : 0.0;
    of_block[run.at("block").get<std::size_t>() - 1] += days;
    of_arm[run.at("arm").get<std::string>()] += days;
  }
  double used = 0;
  std::size_t blocks = 0;
  while (blocks < of_block.size() && used + of_block[blocks] <= *study.gpu_days) {
    used += of_block[blocks++];
  }
  const auto dearest = std::max_element(
      of_arm.begin(), of_arm.end(), [](auto& a, auto& b) { return a.second < b.second; });
  const std::string fits =
      blocks > 0 ? fmt::format("the first {} of {} seeds with all arms fit: {:.3g} GPU-days",
                               blocks,
                               of_block.size(),
                               used)
                 : fmt::format("not even one seed of all arms fits: it costs {:.3g} GPU-days",
                               of_block.front());
  throw Error(
      ExitCode::BadConfig,
      Problem{.what = fmt::format("the plan costs {:.4g} GPU-days, budget.gpu_days is {:.4g}",
                                  planned,
                                  *study.gpu_days),
              .where = study.path.string(),
              .allowed = fmt::format("{}; without arm {} it would cost {:.3g}",
                                     fits,
                                     dearest->first,
                                     planned - dearest->second),
              .fix = "shorten design.seeds, exclude arms, or raise the budget; if the guess is "
                     "wrong, plan with --measured or --seconds-per-step"});
}

}  // namespace

Plan make_plan(const config::StudyFile& study, std::int64_t gpus) {
  return make_plan(study, gpus, guessed_times(study));
}

Plan make_plan(const config::StudyFile& study,
               std::int64_t gpus,
               const std::vector<StepTime>& times) {
  Plan plan;
  for (std::size_t seed = 0; seed < study.spec.seeds.size(); ++seed) {
    const auto block_begin = static_cast<std::ptrdiff_t>(plan.runs.size());
    for (std::size_t arm = 0; arm < study.arms.size(); ++arm) {
      plan.runs.push_back(plan_run(study, arm, seed, times[arm]));
    }
    std::stable_sort(plan.runs.begin() + block_begin,
                     plan.runs.end(),
                     [](const PlannedRun& a, const PlannedRun& b) {
                       return a.gpu_days.value_or(0) > b.gpu_days.value_or(0);
                     });
  }
  add_totals(study, gpus, plan);
  return plan;
}

Plan current_plan(const config::StudyFile& study, std::int64_t gpus) {
  Plan plan = make_plan(study, gpus);
  const std::filesystem::path path = plan_path(study);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return plan;
  }
  std::map<std::string, Json> costs;
  const Json json = read_plan_json(path);
  for (const Json& run : json.at("runs")) {
    costs[run.at("id").get<std::string>()] = run.value("cost_gpu_days", Json());
  }
  for (PlannedRun& run : plan.runs) {
    const auto cost = costs.find(run.id);
    if (cost != costs.end()) {
      run.gpu_days =
          cost->second.is_number() ? std::optional(cost->second.get<double>()) : std::nullopt;
    }
  }
  add_totals(study, gpus, plan);
  return plan;
}

Published publish_plan(const config::StudyFile& study, const Json& json) {
  const std::filesystem::path path = plan_path(study);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    check_budget(study, json);
    make_directories(study.out);
    write_json(path, json);
    return Published::Written;
  }
  const Json before = read_plan_json(path);
  std::vector<Problem> problems = differences(study, before, json);
  if (!problems.empty()) {
    throw Error(ExitCode::BadConfig, std::move(problems));
  }
  return Published::Unchanged;
}

std::filesystem::path plan_path(const config::StudyFile& study) {
  return study.out / "plan.json";
}

std::filesystem::path run_directory(const config::StudyFile& study, const PlannedRun& run) {
  return study.out / "runs" / run.id;
}

}  // namespace yates::campaign
