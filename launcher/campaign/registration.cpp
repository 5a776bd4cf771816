// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/registration.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "launcher/campaign/json_differences.hpp"
#include "launcher/campaign/plan_file.hpp"
#include "launcher/campaign/run_record.hpp"

namespace yates::campaign {
namespace {

std::string hash_of(const Json& frozen) {
  return sha256_hex(frozen.dump());
}

std::int64_t finished_runs(const config::StudyFile& study, const Plan& plan) {
  return std::count_if(plan.runs.begin(), plan.runs.end(), [&](const PlannedRun& run) {
    return read_run_record(run_directory(study, run)).is_final();
  });
}

Json file_json(const config::StudyFile& study, const Registration& registration) {
  Json json = {{"schema", 1}, {"study", study.spec.name}};
  json.update(registration_json(registration));
  json["frozen"] = registration.frozen;
  return json;
}

void publish(const config::StudyFile& study, const Registration& registration) {
  make_directories(study.out);
  write_json(registration_path(study), file_json(study, registration));
}

Amendment read_amendment(const Json& json, const std::string& origin) {
  return {.date = json_get<std::string>(json, "date", origin),
          .reason = json_get<std::string>(json, "reason", origin),
          .hash = json_get<std::string>(json, "hash", origin),
          .changes = json_get<std::vector<std::string>>(json, "changes", origin),
          .finished_runs = json_get<std::int64_t>(json, "finished_runs", origin)};
}

[[noreturn]] void refuse(const config::StudyFile& study, std::string what, std::string fix) {
  throw Error(ExitCode::BadConfig,
              Problem{.what = std::move(what),
                      .where = study.path.string(),
                      .allowed = "",
                      .fix = std::move(fix)});
}

/// Started runs of the plan on disk that the study no longer has.
void check_started_runs(const config::StudyFile& study, const Plan& plan, const Json& before) {
  std::vector<Problem> problems;
  std::error_code ignored;
  for (const Json& run : before.value("runs", Json::array())) {
    const auto id = run.at("id").get<std::string>();
    const bool kept = std::any_of(
        plan.runs.begin(), plan.runs.end(), [&](const PlannedRun& now) { return now.id == id; });
    if (!kept && std::filesystem::exists(study.out / "runs" / id, ignored)) {
      problems.push_back({.what = "run " + id + " was started and is no longer in the study",
                          .where = study.path.string(),
                          .allowed = "changes of the analysis, further seeds and arms",
                          .fix = ""});
    }
  }
  if (!problems.empty()) {
    problems.back().fix = "set another study.out for a new study";
    throw Error(ExitCode::BadConfig, std::move(problems));
  }
}

/// What held before an amendment: the registration, else the plan.
Registration before_amendment(const config::StudyFile& study, const Json& plan_before) {
  if (auto registration = read_registration(study)) {
    return *registration;
  }
  if (plan_before.empty()) {
    refuse(study,
           "the study was neither planned nor registered: there is nothing to amend",
           "yates study register " + study.path.string());
  }
  Registration registration;
  registration.frozen = {{"analysis", plan_before.value("analysis", Json())},
                         {"design", plan_before.value("design", Json())}};
  return registration;
}

}  // namespace

std::filesystem::path registration_path(const config::StudyFile& study) {
  return study.out / "registration.json";
}

Json frozen_part(const config::StudyFile& study) {
  Json factors = Json::object();
  for (const study::Factor& factor : study.spec.factors) {
    factors[factor.name] = factor.levels;
  }
  Json design = {{"factors", factors}, {"exclude", Json::array()}, {"seeds", study.spec.seeds}};
  for (const study::Levels& cell : study.spec.exclude) {
    design["exclude"].push_back(cell);
  }
  return {{"analysis", analysis_json(study.spec)}, {"design", design}};
}

std::optional<Registration> read_registration(const config::StudyFile& study) {
  const std::filesystem::path path = registration_path(study);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return std::nullopt;
  }
  const Json json = read_json(path);
  const std::string origin = path.string();
  const bool amended_only = json_get<Json>(json, "registered", origin).is_null();
  Registration registration{
      .date = amended_only ? "" : json_get<std::string>(json, "registered", origin),
      .hash = json_get<std::string>(json, "hash", origin),
      .finished_runs = json_get<std::int64_t>(json, "finished_runs", origin),
      .frozen = json_get<Json>(json, "frozen", origin),
      .amendments = {}};
  if (!registration.frozen.is_object()) {
    throw Error(ExitCode::BadData,
                Problem{.what = "key 'frozen' is no object",
                        .where = origin,
                        .allowed = "",
                        .fix = "the file was edited; restore it"});
  }
  for (const Json& amendment : json_get<Json>(json, "amendments", origin)) {
    registration.amendments.push_back(read_amendment(amendment, origin));
  }
  if (hash_of(registration.frozen) != registration.hash) {
    throw Error(ExitCode::BadData,
                Problem{.what = "the registered analysis does not fit its hash",
                        .where = origin,
                        .allowed = "",
                        .fix = "the file was edited; restore it, changes go through yates study "
                               "amend"});
  }
  return registration;
}

Registration register_study(const config::StudyFile& study, const Plan& plan) {
  if (!study.spec.primary) {
    refuse(study,
           "nothing to register: the study declares no primary contrast",
           "declare analysis.primary");
  }
  if (auto known = read_registration(study)) {
    const auto changes = registration_differences(study, known);
    if (!changes.empty()) {
      refuse(study,
             "another analysis is registered: " + join(changes, "; "),
             fmt::format("yates study amend {} --reason \"...\"", study.path.string()));
    }
    return *known;
  }
  Registration registration{.date = utc_now(),
                            .hash = "",
                            .finished_runs = finished_runs(study, plan),
                            .frozen = frozen_part(study),
                            .amendments = {}};
  registration.hash = hash_of(registration.frozen);
  publish(study, registration);
  return registration;
}

Registration amend_study(const config::StudyFile& study,
                         const Plan& plan,
                         const std::string& reason) {
  std::error_code ignored;
  const bool planned = std::filesystem::exists(plan_path(study), ignored);
  const Json plan_before = planned ? read_plan_json(plan_path(study)) : Json::object();
  Registration registration = before_amendment(study, plan_before);
  const Json now = frozen_part(study);
  std::vector<std::string> changes;
  if (registration.date.empty() && registration.amendments.empty()) {
    changes = json_differences({{"analysis", registration.frozen.value("analysis", Json())}},
                               {{"analysis", now["analysis"]}});
    if (plan_before.value("runs", Json::array()).size() != plan.runs.size()) {
      changes.push_back(fmt::format("runs: planned {}, now {}",
                                    plan_before.value("runs", Json::array()).size(),
                                    plan.runs.size()));
    }
  } else {
    changes = json_differences(registration.frozen, now);
  }
  if (changes.empty()) {
    refuse(study, "the study file means what was declared: there is nothing to amend", "");
  }
  check_started_runs(study, plan, plan_before);
  registration.frozen = now;
  registration.hash = hash_of(now);
  registration.amendments.push_back({.date = utc_now(),
                                     .reason = reason,
                                     .hash = registration.hash,
                                     .changes = std::move(changes),
                                     .finished_runs = finished_runs(study, plan)});
  publish(study, registration);
  if (planned) {
    write_json(plan_path(study), plan_json(study, plan));
  }
  return registration;
}

std::vector<std::string> registration_differences(const config::StudyFile& study,
                                                  const std::optional<Registration>& registration) {
  return registration ? json_differences(registration->frozen, frozen_part(study))
                      : std::vector<std::string>{};
}

std::vector<std::string> registration_stamps(const std::optional<Registration>& registration) {
  std::vector<std::string> stamps;
  if (!registration) {
    return stamps;
  }
  if (!registration->date.empty() && registration->finished_runs > 0) {
    stamps.push_back(fmt::format("Registered {}, when {} runs had finished.",
                                 registration->date.substr(0, 10),
                                 registration->finished_runs));
  }
  for (const Amendment& amendment : registration->amendments) {
    stamps.push_back(fmt::format("Amended {}, when {} runs had finished: {} ({}).",
                                 amendment.date.substr(0, 10),
                                 amendment.finished_runs,
                                 amendment.reason,
                                 join(amendment.changes, "; ")));
  }
  return stamps;
}

Json registration_json(const std::optional<Registration>& registration) {
  if (!registration) {
    return nullptr;
  }
  Json json = {
      {"registered", registration->date.empty() ? Json(nullptr) : Json(registration->date)},
      {"hash", registration->hash},
      {"finished_runs", registration->finished_runs},
      {"amendments", Json::array()}};
  for (const Amendment& amendment : registration->amendments) {
    json["amendments"].push_back({{"date", amendment.date},
                                  {"reason", amendment.reason},
                                  {"hash", amendment.hash},
                                  {"changes", amendment.changes},
                                  {"finished_runs", amendment.finished_runs}});
  }
  return json;
}

}  // namespace yates::campaign
