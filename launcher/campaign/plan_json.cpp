// SPDX-License-Identifier: Apache-2.0
// plan.json: what the plan says, and what the design will be able to tell.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/campaign/plan.hpp"
#include "launcher/study/estimability.hpp"
#include "launcher/study/power.hpp"

namespace yates::campaign {
namespace {

/// Standard deviations of a run's mean Dice, in points. The paper's Table 14 leaves us
/// between 1.39, if its reseeded runs share one shift, and 2.72, if they are independent; 0.5 is
/// what a study would need to settle a difference of about two points.
constexpr double kRunSds[] = {0.5, 1.39, 2.72};

Json arm_json(const config::StudyFile& study, const config::StudyArm& arm) {
  Json levels = Json::object();
  for (const study::Factor& factor : study.spec.factors) {
    levels[factor.name] = arm.levels.at(factor.name);
  }
  Json settings = Json::object();
  for (const auto& [key, value] : config::changed_values(arm.config)) {
    if (key != "train.seed") {
      settings[key] = value;
    }
  }
  Json json = {{"id", arm.id}, {"levels", levels}, {"settings", settings}};
  json["command"] = arm.is_external() ? Json(arm.command) : Json(nullptr);
  return json;
}

Json cells_json(const study::Design& design, const std::vector<std::size_t>& cells) {
  Json list = Json::array();
  for (const std::size_t cell : cells) {
    list.push_back(design.describe(design.levels(cell)));
  }
  return list;
}

/// Main effects and two-factor interactions that the planned cells can tell, and those they cannot.
void add_estimability(const study::Design& design, Json& json) {
  const study::LinearModel model = study::factorial_model(design, 2);
  const auto aliases = study::alias_equations(design, model);
  json["estimable"] = Json::array();
  json["not_estimable"] = Json::array();
  for (const auto& parts : study::component_sets(design, 2)) {
    const study::Contrast contrast = study::make_contrast(design, parts, {});
    if (study::is_estimable(design, model, contrast)) {
      json["estimable"].push_back(contrast.name);
      continue;
    }
    const std::string term = study::short_name(design, parts);
    const auto alias = std::find_if(
        aliases.begin(), aliases.end(), [&](const study::Alias& a) { return a.term == term; });
    const auto cells = study::cells_to_add(design, model, contrast);
    json["not_estimable"].push_back(
        {{"term", contrast.name},
         {"why",
          alias != aliases.end() ? "aliased: " + alias->equation
                                 : "the cells that are run leave it undetermined"},
         {"add", cells ? cells_json(design, *cells) : Json::array()}});
  }
}

/// Power of the primary contrast for an effect of delta, or of one point, at all seeds. Empty
/// unless it is about Dice: no standard deviation of HD95 over seeds is known.
Json power_json(const study::Design& design, const study::StudySpec& spec) {
  Json list = Json::array();
  const auto seeds = static_cast<std::int64_t>(spec.seeds.size());
  if (!spec.primary || spec.primary->metric != "dice" || seeds < 2) {
    return list;
  }
  const study::PrimaryContrast& primary = *spec.primary;
  const study::Contrast contrast = study::parse_contrast(design, primary.contrast, primary.at);
  const auto cells = static_cast<std::size_t>(std::count_if(
      contrast.weights.begin(), contrast.weights.end(), [](double w) { return w != 0.0; }));
  const study::ReplicationPlan replication{.method = study::Method::PerSeedT,
                                           .cells = cells,
                                           .squared_length = contrast.squared_length(),
                                           .alpha = primary.alpha};
  for (const double sigma : kRunSds) {
    list.push_back(
        {{"contrast", contrast.name},
         {"sigma", sigma},
         {"n", seeds},
         {"power", study::planned_power(replication, primary.delta.value_or(1.0), sigma, seeds)},
         {"mde", study::planned_mde(replication, sigma, 0.8, seeds)}});
  }
  return list;
}

}  // namespace

Json analysis_json(const study::StudySpec& spec) {
  Json json = {{"convention", spec.convention}, {"metrics", spec.metrics}};
  if (spec.primary) {
    const study::PrimaryContrast& primary = *spec.primary;
    json["primary"] = {{"metric", primary.metric},
                       {"region", primary.region},
                       {"contrast", primary.contrast},
                       {"at", primary.at},
                       {"target", primary.target},
                       {"alpha", primary.alpha},
                       {"method", primary.method}};
    json["primary"]["delta"] = primary.delta ? Json(*primary.delta) : Json(nullptr);
  }
  if (spec.sequential) {
    json["sequential"] = {{"spending", spec.sequential->spending},
                          {"looks", spec.sequential->looks}};
    json["sequential"]["futility"] =
        spec.sequential->futility ? Json(*spec.sequential->futility) : Json(nullptr);
  }
  return json;
}

Json plan_json(const config::StudyFile& study, const Plan& plan) {
  Json json = {{"schema", 1}, {"study", study.spec.name}, {"arms", Json::array()}};
  for (const config::StudyArm& arm : study.arms) {
    json["arms"].push_back(arm_json(study, arm));
  }
  json["runs"] = Json::array();
  for (const PlannedRun& run : plan.runs) {
    json["runs"].push_back({{"id", run.id},
                            {"arm", study.arms[run.arm].id},
                            {"seed", run.seed},
                            {"block", run.block},
                            {"cost_gpu_days", run.gpu_days ? Json(*run.gpu_days) : Json(nullptr)}});
  }
  json["gpu_days"] = plan.gpu_days;
  json["makespan_days"] = plan.makespan_days;
  json["lower_bound_days"] = plan.lower_bound_days;
  const study::Design design(study.spec.factors, study.spec.exclude);
  add_estimability(design, json);
  json["power"] = power_json(design, study.spec);
  json["analysis"] = analysis_json(study.spec);
  return json;
}

}  // namespace yates::campaign
