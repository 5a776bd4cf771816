// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/power_json.hpp"

#include <cmath>

namespace yates::cli {
namespace {

template <typename T>
Json optional_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json sigma_json(const study::RunSigma& sigma) {
  const study::Interval interval = sigma_interval(sigma);
  return {{"value", sigma.value},
          {"df", std::isinf(sigma.df) ? Json(nullptr) : Json(sigma.df)},
          {"ci", Json::array({interval.low, interval.high})},
          {"upper80", sigma_upper_bound(sigma)},
          {"method", to_string(sigma.method)},
          {"source", sigma.source}};
}

void add_rows(const std::string& contrast, const std::vector<study::PowerRow>& rows, Json& list) {
  for (const study::PowerRow& row : rows) {
    list.push_back({{"contrast", contrast},
                    {"sigma", row.sigma},
                    {"n", row.n},
                    {"power", row.power},
                    {"mde", row.mde},
                    {"method", to_string(row.method)},
                    {"df", row.df},
                    {"gpu_days", optional_json(row.gpu_days)}});
  }
}

Json outlook_json(const study::SequentialOutlook& outlook) {
  return {{"power", outlook.power},
          {"expected_seeds", outlook.expected_seeds},
          {"futility", outlook.futile},
          {"coverage", outlook.coverage}};
}

Json sequential_json(const study::SequentialForecast& forecast, const study::SequentialPlan& plan) {
  return {{"spending", plan.spending},
          {"method", to_string(forecast.model.method)},
          {"looks", forecast.looks},
          {"bounds", forecast.bounds},
          {"at_effect", outlook_json(forecast.at_effect)},
          {"at_null", outlook_json(forecast.at_null)}};
}

}  // namespace

Json power_json(const study::StudySpec& spec,
                const study::PowerPlan& plan,
                const std::vector<study::RunSigma>& sigmas,
                bool blind) {
  const study::PowerQuestion& question = plan.question;
  const study::PrimaryContrast& primary = *spec.primary;
  Json json = {{"schema", 1},
               {"study", spec.name},
               {"contrast", primary.contrast},
               {"at", primary.at},
               {"metric", primary.metric},
               {"region", primary.region},
               {"effect", question.effect},
               {"alpha", question.alpha},
               {"power_wanted", question.power},
               {"blind", blind},
               {"sigma", sigma_json(plan.sigma)},
               {"sigmas", Json::array()},
               {"power", Json::array()}};
  for (const study::RunSigma& sigma : sigmas) {
    json["sigmas"].push_back(sigma_json(sigma));
  }
  add_rows(primary.contrast, plan.rows, json["power"]);
  if (plan.sigma_upper > plan.sigma.value) {
    add_rows(primary.contrast, plan.careful, json["power"]);
  }
  json["seeds"] = {{"declared", question.seeds},
                   {"needed", optional_json(plan.seeds_needed)},
                   {"needed_upper80", optional_json(plan.seeds_needed_careful)},
                   {"affordable", plan.affordable_seeds}};
  json["gpu_days"] = {{"budget", optional_json(question.budget_days)},
                      {"per_seed", optional_json(question.seed_days)},
                      {"per_seed_of_contrast", optional_json(question.own_seed_days)}};
  json["largest_sigma"] = plan.affordable_seeds >= 2 ? Json(plan.largest_sigma) : Json(nullptr);
  json["identifiable"] = plan.identifiable;
  json["sentence"] = plan.sentence;
  json["sequential"] =
      plan.sequential ? sequential_json(*plan.sequential, *question.sequential) : Json(nullptr);
  return json;
}

}  // namespace yates::cli
