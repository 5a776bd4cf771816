// SPDX-License-Identifier: Apache-2.0
// The `factors` section: names, levels, and what each level sets.
#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/config/scalar.hpp"
#include "launcher/config/study_sections.hpp"

namespace yates::config {
namespace {

/// Columns of the results table: a factor of the same name could not be told apart from them.
const std::vector<std::string> kReservedNames = {
    "seed", "case", "region", "dice", "hd95_mm", "status", "convention", "metric", "run", "arm"};

bool is_factor_name(std::string_view name) {
  const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return !name.empty() && name.size() <= 32 &&
         std::isalpha(static_cast<unsigned char>(name[0])) != 0 &&
         std::all_of(name.begin(), name.end(), allowed);
}

std::string upper(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  return text;
}

/// What a YAML reader may take as something else than a text: numbers, signs, truth values.
bool needs_quotes(const YamlNode& node) {
  static const std::vector<std::string> kWords = {
      "+", "-", "y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "none"};
  std::string lower(node.scalar);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  const bool number = !lower.empty() && (std::isdigit(static_cast<unsigned char>(lower[0])) != 0 ||
                                         parse_number(lower).has_value());
  return is_plain_scalar(node) &&
         (number || std::find(kWords.begin(), kWords.end(), lower) != kWords.end());
}

void check_level_name(const YamlNode& node, std::vector<Problem>& problems) {
  if (needs_quotes(node)) {
    problems.push_back(problem_at(node.place,
                                  fmt::format("the level {} is not in quotes", node.scalar),
                                  fmt::format("write \"{}\"", node.scalar)));
  }
}

/// Keys that no level may set.
void check_level_keys(const std::vector<Assignment>& assignments, std::vector<Problem>& problems) {
  for (const Assignment& assignment : assignments) {
    const std::string& key = assignment.spec->key;
    if (key == "train.seed") {
      problems.push_back(
          problem_at(assignment.key_place, "a level cannot set the seed", "see design.seeds"));
    } else if (assignment.spec->role == KeyRole::Execution) {
      problems.push_back(problem_at(
          assignment.key_place,
          fmt::format("'{}' is how a run is executed, not what it is; no level can set it", key),
          "set it in the base"));
    }
  }
}

void check_command_keys(const LevelSettings& level, std::vector<Problem>& problems) {
  for (const Assignment& assignment : level.assignments) {
    if (!level.command.empty() && assignment.spec->key.starts_with("model.")) {
      problems.push_back(problem_at(
          assignment.key_place,
          fmt::format("'{}' beside a command: yates does not build the network of an external arm",
                      assignment.spec->key),
          "remove one of the two"));
    }
  }
}

LevelSettings read_level(const std::string& factor,
                         const YamlEntry& entry,
                         std::vector<Problem>& problems) {
  const std::size_t before = problems.size();
  LevelSettings level;
  level.level = entry.key.scalar;
  level.place = entry.key.place;
  check_level_name(entry.key, problems);
  if (entry.value.kind == YamlKind::Null && !entry.value.refused) {
    problems.push_back(problem_at(entry.key.place,
                                  fmt::format("level {} is empty", in_quotes(level.level)),
                                  "write {} for a level that changes nothing"));
  }
  YamlNode settings = entry.value;
  for (const YamlEntry& setting : entry.value.entries) {
    if (setting.key.scalar == "command") {
      level.command = read_command(setting, problems);
    }
  }
  std::erase_if(settings.entries, [](const YamlEntry& e) { return e.key.scalar == "command"; });
  level.assignments = flatten(settings, fmt::format("{}={}", factor, level.level), problems);
  check_level_keys(level.assignments, problems);
  check_command_keys(level, problems);
  Draft scratch;
  scratch.assign(level.assignments, problems);
  level.good = problems.size() == before;
  return level;
}

void check_factor_name(const YamlNode& key,
                       const std::vector<FactorSettings>& earlier,
                       std::vector<Problem>& problems) {
  const std::string& name = key.scalar;
  if (!is_factor_name(name)) {
    problems.push_back(problem_at(key.place,
                                  fmt::format("{} is no factor name", in_quotes(name)),
                                  "a letter, then letters, digits, '_'; at most 32"));
  } else if (std::find(kReservedNames.begin(), kReservedNames.end(), name) !=
             kReservedNames.end()) {
    problems.push_back(problem_at(key.place,
                                  fmt::format("'{}' is a column of the results table", name),
                                  "choose another name"));
  }
  for (const FactorSettings& other : earlier) {
    if (upper(other.name) == upper(name)) {
      problems.push_back(problem_at(
          key.place,
          fmt::format(
              "factors '{}' and '{}' differ in upper and lower case only", other.name, name),
          "YATES_LEVEL_" + upper(name) + " would name both"));
    }
  }
}

FactorSettings read_factor(const YamlEntry& entry, std::vector<Problem>& problems) {
  FactorSettings factor{.name = entry.key.scalar, .levels = {}};
  if (entry.value.kind != YamlKind::Map || entry.value.entries.size() < 2) {
    if (!entry.value.refused) {
      problems.push_back(
          problem_at(entry.value.kind == YamlKind::Null ? entry.key.place : entry.value.place,
                     fmt::format("factor '{}' has fewer than two levels", factor.name),
                     "{\"low\": {...}, \"high\": {...}}"));
    }
    return factor;
  }
  for (const YamlEntry& level : entry.value.entries) {
    factor.levels.push_back(read_level(factor.name, level, problems));
  }
  return factor;
}

/// A key belongs to one factor, else the effects of two factors could not be told apart.
void check_shared_keys(const std::vector<FactorSettings>& factors, std::vector<Problem>& problems) {
  std::map<std::string, std::pair<std::string, std::string>> owner;
  for (const FactorSettings& factor : factors) {
    for (const LevelSettings& level : factor.levels) {
      for (const Assignment& assignment : level.assignments) {
        const auto [known, is_new] = owner.try_emplace(
            assignment.spec->key, std::pair(factor.name, assignment.key_place.where()));
        if (!is_new && known->second.first != factor.name) {
          problems.push_back(problem_at(assignment.key_place,
                                        fmt::format("'{}' is set by factor '{}' and by factor '{}'",
                                                    assignment.spec->key,
                                                    factor.name,
                                                    known->second.first),
                                        "first at " + known->second.second));
        }
      }
    }
  }
}

void check_commands(const std::vector<FactorSettings>& factors, std::vector<Problem>& problems) {
  std::string owner;
  for (const FactorSettings& factor : factors) {
    for (const LevelSettings& level : factor.levels) {
      if (level.command.empty() || owner == factor.name) {
        continue;
      }
      if (!owner.empty()) {
        problems.push_back(problem_at(
            level.place,
            fmt::format("'command' is set by factor '{}' and by factor '{}'", owner, factor.name)));
      }
      owner = factor.name;
    }
  }
}

}  // namespace

ExternalCommand read_command(const YamlEntry& entry, std::vector<Problem>& problems) {
  const std::size_t before = problems.size();
  if (entry.value.kind != YamlKind::List || entry.value.items.empty()) {
    if (!entry.value.refused) {
      problems.push_back(problem_at(
          entry.key.place,
          "'command' is " + kind_name(entry.value) + ", not a list of program and arguments",
          "command: [program, argument, ...]"));
    }
    return {};
  }
  ExternalCommand command;
  for (const YamlNode& item : entry.value.items) {
    if (item.kind != YamlKind::Scalar || (command.empty() && item.scalar.empty())) {
      problems.push_back(problem_at(
          item.place, "'command' has the item " + kind_name(item), "each item is a text"));
    }
    command.words.push_back(item.scalar);
  }
  if (problems.size() > before) {
    return {};
  }
  command.program = command.words.front();
  const std::filesystem::path program = command.program;
  const std::filesystem::path beside =
      std::filesystem::path(entry.key.place.source->name).parent_path() / program;
  std::error_code ignored;
  if (program.is_relative() && program.has_parent_path() &&
      std::filesystem::exists(beside, ignored)) {
    command.program = std::filesystem::absolute(beside).lexically_normal().string();
  }
  return command;
}

std::vector<FactorSettings> read_factors(const YamlNode* node, std::vector<Problem>& problems) {
  std::vector<FactorSettings> factors;
  if (node == nullptr) {
    return factors;
  }
  if (node->kind != YamlKind::Map || node->entries.empty()) {
    if (!node->refused) {
      problems.push_back(problem_at(node->place,
                                    "'factors' is " + kind_name(*node) + ", not a map of factors",
                                    "factors: {width: {\"48\": {...}, \"32\": {...}}}"));
    }
    return factors;
  }
  for (const YamlEntry& entry : node->entries) {
    check_factor_name(entry.key, factors, problems);
    factors.push_back(read_factor(entry, problems));
  }
  check_shared_keys(factors, problems);
  check_commands(factors, problems);
  return factors;
}

study::Levels read_levels(const YamlNode& node,
                          const std::string& what,
                          const std::vector<study::Factor>& factors,
                          std::vector<Problem>& problems) {
  study::Levels levels;
  if (node.kind != YamlKind::Map) {
    if (!node.refused) {
      problems.push_back(
          problem_at(node.place,
                     fmt::format("{} is {}, not a map factor: level", what, kind_name(node)),
                     "e.g. {width: \"32\"}"));
    }
    return levels;
  }
  std::vector<std::string> names;
  for (const study::Factor& factor : factors) {
    names.push_back(factor.name);
  }
  for (const YamlEntry& entry : node.entries) {
    const auto factor = study::find_factor(factors, entry.key.scalar);
    if (!factor) {
      const std::string near = suggestion(entry.key.scalar, names);
      problems.push_back(problem_at(
          entry.key.place,
          fmt::format(
              "{} names the factor {}, which there is not", what, in_quotes(entry.key.scalar)),
          near.empty() ? "factors: " + join(names, ", ") : near));
      continue;
    }
    check_level_name(entry.value, problems);
    if (!study::find_level(factors[*factor], entry.value.scalar) && !entry.value.refused) {
      problems.push_back(problem_at(
          entry.value.kind == YamlKind::Null ? entry.key.place : entry.value.place,
          fmt::format("{} names a level of '{}' that there is not: {}",
                      what,
                      entry.key.scalar,
                      entry.value.kind == YamlKind::Scalar ? in_quotes(entry.value.scalar)
                                                           : kind_name(entry.value)),
          "levels: \"" + join(factors[*factor].levels, "\", \"") + "\""));
      continue;
    }
    levels[entry.key.scalar] = entry.value.scalar;
  }
  return levels;
}

}  // namespace yates::config
