// SPDX-License-Identifier: Apache-2.0
#include "launcher/config/reference.hpp"

#include <fmt/format.h>

#include "launcher/config/schema.hpp"
#include "launcher/config/study_schema.hpp"

namespace yates::config {
namespace {

constexpr const char* kIntroduction =
    "Run configuration: YAML; key=value on the command line replaces values of the file.\n"
    "Nested and dotted keys mean the same: `model: {width: 32}` and `model.width: 32`.\n"
    "Relative paths are relative to the current directory. Keys marked (execution) do not belong "
    "to\n"
    "the identity of a run: changing them does not make it another run.\n\n"
    "schema: 1\n    the layout of the file; always 1\n";

constexpr const char* kStudyIntroduction =
    "\nStudy file: YAML; key=value on the command line replaces values of the base.\n\n";

std::string role_name(KeyRole role) {
  return role == KeyRole::Experiment ? "experiment" : "execution";
}

std::string unit_text(const std::string& unit) {
  return unit.empty() ? "" : ", in " + unit;
}

Json study_json() {
  Json study = Json::array();
  for (const StudyKey& key : study_schema()) {
    study.push_back(
        {{"key", key.full_name()},
         {"allowed", key.accepted},
         {"default", key.default_value.empty() ? Json(nullptr) : Json(key.default_value)},
         {"required", key.required},
         {"meaning", key.meaning}});
  }
  return study;
}

}  // namespace

std::string reference_text() {
  std::string text = kIntroduction;
  for (const KeySpec& spec : run_schema()) {
    text += fmt::format("{}: {}\n    {}{}{}\n    {}\n",
                        spec.key,
                        value_text(spec, RunConfig{}),
                        spec.allowed_text(),
                        unit_text(spec.unit),
                        spec.role == KeyRole::Execution ? " (execution)" : "",
                        spec.meaning);
  }
  text += kStudyIntroduction;
  for (const StudyKey& key : study_schema()) {
    text += fmt::format("{}{}{}{}\n    {}\n    {}\n",
                        key.full_name(),
                        key.default_value.empty() ? "" : ": ",
                        key.default_value,
                        key.required ? " (required)" : "",
                        key.accepted,
                        key.meaning);
  }
  return text;
}

Json reference_json() {
  Json run = Json::array();
  for (const KeySpec& spec : run_schema()) {
    run.push_back({{"key", spec.key},
                   {"type", spec.type_text()},
                   {"unit", spec.unit.empty() ? Json(nullptr) : Json(spec.unit)},
                   {"allowed", spec.allowed_text()},
                   {"default", value_text(spec, RunConfig{})},
                   {"meaning", spec.meaning},
                   {"role", role_name(spec.role)}});
  }
  return Json{{"schema", kSchema}, {"run", run}, {"study", study_json()}};
}

}  // namespace yates::config
