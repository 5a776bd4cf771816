// SPDX-License-Identifier: Apache-2.0
#include "launcher/config/run_config.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "launcher/config/assignment.hpp"
#include "launcher/config/run_file.hpp"
#include "launcher/config/schema.hpp"

namespace yates::config {
namespace {

/// One line, without what would end or confuse the comment.
std::string comment_text(std::string_view origin) {
  std::string text;
  for (const char c : origin) {
    const bool printable = static_cast<unsigned char>(c) >= ' ';
    const bool doubled = c == ' ' && !text.empty() && text.back() == ' ';
    text += printable ? (doubled ? "" : std::string(1, c)) : "?";
  }
  return text;
}

/// Writes the group headers that lead from the `open` groups to those of `key`.
void write_groups(std::string& text, std::vector<std::string>& open, const std::string& key) {
  std::vector<std::string> groups = split(key, '.');
  groups.pop_back();
  const auto [differs, ignored] =
      std::mismatch(open.begin(), open.end(), groups.begin(), groups.end());
  for (auto i = static_cast<std::size_t>(differs - open.begin()); i < groups.size(); ++i) {
    text += std::string(2 * i, ' ') + groups[i] + ":\n";
  }
  open = std::move(groups);
}

/// Only a study knows what to do with a command in place of our own training.
void refuse_command(const RunFile& file, std::vector<Problem>& problems) {
  if (file.command) {
    problems.push_back(problem_at(file.command->key.place,
                                  "'command' belongs to the base or a level of a study",
                                  "remove it, or start this through a study file"));
  }
}

}  // namespace

RunConfig load_run_config(const std::filesystem::path& path,
                          const std::vector<std::string>& overrides) {
  std::vector<Problem> problems;
  Draft draft;
  if (!path.empty()) {
    const RunFile file = read_run_file(path, problems);
    draft.assign(file.assignments, problems);
    refuse_command(file, problems);
  }
  for (const std::string& override_text : overrides) {
    draft.assign(parse_override(override_text, problems), problems);
  }
  draft.check_rules(problems);
  if (!problems.empty()) {
    throw Error(ExitCode::BadConfig, std::move(problems));
  }
  return draft.config();
}

std::string resolved_yaml(const RunConfig& config) {
  std::string text = fmt::format("{}\nschema: {}\n", kResolvedTitle, kSchema);
  std::vector<std::string> open;
  for (const KeySpec& spec : run_schema()) {
    write_groups(text, open, spec.key);
    const auto origin = config.origins.find(spec.key);
    text += fmt::format("{}{}: {}{}{}\n",
                        std::string(2 * open.size(), ' '),
                        spec.key.substr(spec.key.rfind('.') + 1),
                        value_text(spec, config),
                        kOriginMark,
                        origin == config.origins.end() ? "default" : comment_text(origin->second));
  }
  return text;
}

bool same_values(const RunConfig& a, const RunConfig& b) {
  const auto schema = run_schema();
  return std::all_of(schema.begin(), schema.end(), [&](const KeySpec& spec) {
    return value_text(spec, a) == value_text(spec, b);
  });
}

std::vector<std::pair<std::string, std::string>> changed_values(const RunConfig& config) {
  static const RunConfig defaults;
  std::vector<std::pair<std::string, std::string>> changed;
  for (const KeySpec& spec : run_schema()) {
    const std::string value = value_text(spec, config);
    if (spec.role == KeyRole::Experiment && value != value_text(spec, defaults)) {
      changed.emplace_back(spec.key, value);
    }
  }
  return changed;
}

std::string identity_text(const RunConfig& config) {
  std::string text;
  for (const auto& [key, value] : changed_values(config)) {
    text += key + "=" + value + "\n";
  }
  return text;
}

}  // namespace yates::config
