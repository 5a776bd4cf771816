// SPDX-License-Identifier: Apache-2.0
// The plan of a study: its arms and runs with stable ids, in the order in which they are started.
// Written once as plan.json; from then on a study file that means something else is refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

/// One training of one arm with one seed.
struct PlannedRun {
  std::string id;   ///< ARM-sSEED-DIGEST: the digest is of everything that decides the result.
  std::size_t arm;  ///< Index in the study's arms.
  std::int64_t seed = 0;
  std::int64_t block = 0;  ///< 1, 2, ...: the seed's position in design.seeds.
  std::optional<double> gpu_days;
};

struct Plan {
  /// Block by block, within a block the longest first: complete blocks come early.
  std::vector<PlannedRun> runs;
  double gpu_days = 0;          ///< Of the runs whose cost can be guessed.
  double makespan_days = 0;     ///< Wave after wave, each packed by pack_runs.
  double lower_bound_days = 0;  ///< No schedule of these waves is shorter.
};

struct StepTime;

/// Plans all arms with all seeds for `gpus` GPUs, with costs guessed from FLOPs. Deterministic.
Plan make_plan(const config::StudyFile& study, std::int64_t gpus);

/// The same with a step time for each arm.
Plan make_plan(const config::StudyFile& study,
               std::int64_t gpus,
               const std::vector<StepTime>& times);

/// The same with the costs of the published plan.json, if there is one. Throws Error{BadData}.
Plan current_plan(const config::StudyFile& study, std::int64_t gpus);

/// The plan with each arm's settings and command, the analysis, what can be estimated, and the
/// power of the primary contrast.
Json plan_json(const config::StudyFile& study, const Plan& plan);

/// The declared analysis of a study: what plan.json and a registration fix.
Json analysis_json(const study::StudySpec& spec);

enum class Published {
  Written,    ///< There was no plan yet.
  Unchanged,  ///< The same study was planned before; its file is kept.
};

/// Publishes `json` as OUT/plan.json. Throws Error{BadConfig} with every difference if another plan
/// is there: arms, runs, settings, or the declared analysis; and for a new plan that costs more
/// than budget.gpu_days, with what would fit.
Published publish_plan(const config::StudyFile& study, const Json& json);

std::filesystem::path plan_path(const config::StudyFile& study);
std::filesystem::path run_directory(const config::StudyFile& study, const PlannedRun& run);

}  // namespace yates::campaign
