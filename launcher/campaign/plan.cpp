// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/plan.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "launcher/campaign/cost.hpp"
#include "launcher/campaign/json_differences.hpp"

namespace yates::campaign {
namespace {

PlannedRun plan_run(const config::StudyFile& study, std::size_t arm, std::size_t seed_index) {
  const config::StudyArm& planned = study.arms[arm];
  const std::int64_t seed = study.spec.seeds[seed_index];
  const std::string digest = sha256_hex(config::run_identity(planned, seed));
  return PlannedRun{.id = fmt::format("{}-s{}-{}", planned.id, seed, digest.substr(0, 8)),
                    .arm = arm,
                    .seed = seed,
                    .block = static_cast<std::int64_t>(seed_index) + 1,
                    .gpu_days = guess_gpu_days(planned)};
}

/// What a plan fixes; costs and execution settings may change later.
Json fixed_part(const Json& plan) {
  Json fixed;
  fixed["study"] = plan.value("study", Json());
  fixed["analysis"] = plan.value("analysis", Json());
  for (const Json& arm : plan.value("arms", Json::array())) {
    fixed["arm " + arm.value("id", std::string())] = {{"levels", arm.value("levels", Json())},
                                                      {"settings", arm.value("settings", Json())},
                                                      {"command", arm.value("command", Json())}};
  }
  for (const Json& run : plan.value("runs", Json::array())) {
    fixed["run " + run.value("id", std::string())] = {{"arm", run.value("arm", Json())},
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

}  // namespace

Plan make_plan(const config::StudyFile& study, std::int64_t gpus) {
  Plan plan;
  for (std::size_t seed = 0; seed < study.spec.seeds.size(); ++seed) {
    const auto block_begin = static_cast<std::ptrdiff_t>(plan.runs.size());
    for (std::size_t arm = 0; arm < study.arms.size(); ++arm) {
      plan.runs.push_back(plan_run(study, arm, seed));
    }
    std::stable_sort(plan.runs.begin() + block_begin,
                     plan.runs.end(),
                     [](const PlannedRun& a, const PlannedRun& b) {
                       return a.gpu_days.value_or(0) > b.gpu_days.value_or(0);
                     });
  }
  std::vector<double> costs;
  for (const PlannedRun& run : plan.runs) {
    costs.push_back(run.gpu_days.value_or(0));
    plan.gpu_days += run.gpu_days.value_or(0);
  }
  const std::int64_t ranks = study.slurm.ranks_per_run;
  const Makespan time = makespan(std::move(costs), std::max<std::int64_t>(gpus / ranks, 1), ranks);
  plan.makespan_days = time.days;
  plan.lower_bound_days = time.lower_bound_days;
  return plan;
}

Published publish_plan(const config::StudyFile& study, const Json& json) {
  const std::filesystem::path path = plan_path(study);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    make_directories(study.out);
    write_json(path, json);
    return Published::Written;
  }
  const Json before = read_json(path);
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
