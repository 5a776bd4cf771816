// SPDX-License-Identifier: Apache-2.0
#include "launcher/config/study_file.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "launcher/config/run_file.hpp"
#include "launcher/config/study_arms.hpp"
#include "launcher/config/study_sections.hpp"

namespace yates::config {
namespace {

class StudyReader {
 public:
  StudyReader(std::filesystem::path path, const std::vector<std::string>& overrides)
      : overrides_(overrides) {
    study_.path = std::move(path);
  }

  StudyFile read() {
    const std::string text = read_file(study_.path);
    const auto source = make_source(study_.path.string(), text);
    const std::optional<YamlNode> root = parse_yaml(source, text, problems_);
    if (root) {
      read_sections(*root);
    }
    if (problems_.empty()) {
      study_.arms = build_arms(study_, base_, factors_, problems_);
    }
    if (!problems_.empty()) {
      throw Error(ExitCode::BadConfig, std::move(problems_));
    }
    return std::move(study_);
  }

 private:
  /// A run file lacks all that a study has: one finding says so, in place of one for each.
  bool is_run_file(const YamlNode& root) {
    const auto has = [&](std::initializer_list<std::string_view> names) {
      return std::find_if(root.entries.begin(), root.entries.end(), [&](const YamlEntry& entry) {
        return std::find(names.begin(), names.end(), entry.key.scalar) != names.end();
      });
    };
    const auto run_key = has({"model", "data", "train", "evaluate", "run"});
    if (run_key == root.entries.end() || has({"study", "factors"}) != root.entries.end()) {
      return false;
    }
    problems_.push_back(problem_at(
        run_key->key.place,
        "this is a run file, not a study file: it has '" + run_key->key.scalar + "'",
        "a study names it as study.base; one run: yates train --config " + study_.path.string()));
    return true;
  }

  void read_sections(const YamlNode& root_node) {
    if (is_run_file(root_node)) {
      return;
    }
    check_schema_number(root_node, problems_);
    MapReader root(&root_node, "", problems_);
    read_head(root);
    factors_ = read_factors(root.require("factors"), problems_);
    for (const FactorSettings& factor : factors_) {
      study::Factor declared{.name = factor.name, .levels = {}};
      for (const LevelSettings& level : factor.levels) {
        declared.levels.push_back(level.level);
      }
      study_.spec.factors.push_back(std::move(declared));
    }
    check_base_against_factors();
    read_design(root.require("design"), study_.spec, problems_);
    read_analysis(root.find("analysis"), study_.spec, problems_);
    read_resources(root, study_, problems_);
  }

  void read_head(MapReader& root) {
    MapReader head(root.require("study"), "study", problems_);
    if (head.require("name") != nullptr) {
      study_.spec.name = head.text("name").value_or("");
      check_name(head);
    }
    study_.out = head.text("out").value_or("campaign");
    if (const auto base = head.text("base")) {
      study_.base = *base;
      const auto path = (study_.path.parent_path() / *base).lexically_normal();
      std::error_code ignored;
      if (std::filesystem::is_regular_file(path, ignored)) {
        read_base(path);
      } else {
        head.report(*head.find("base"),
                    "base",
                    "names no file: " + path.string(),
                    "relative to the study file");
      }
    }
    for (const std::string& text : overrides_) {
      override_assignments_.push_back(parse_override(text, problems_));
      base_.draft.assign(override_assignments_.back(), problems_);
    }
  }

  void check_name(MapReader& head) {
    constexpr std::size_t kLongest = 64;
    const std::string& name = study_.spec.name;
    const bool safe = std::all_of(name.begin(), name.end(), is_name_character);
    if (!name.empty() &&
        (!safe || name.size() > kLongest || name.front() == '-' || name.front() == '.')) {
      head.report(*head.find("name"),
                  "name",
                  "is " + in_quotes(name),
                  "letters, digits, '.', '_', '-'; at most 64");
    }
  }

  void read_base(const std::filesystem::path& path) {
    RunFile file = read_run_file(path, problems_);
    base_.draft.assign(file.assignments, problems_);
    base_.assignments = std::move(file.assignments);
    if (!file.command) {
      return;
    }
    base_.command = read_command(*file.command, problems_);
    for (const Assignment& assignment : base_.assignments) {
      if (assignment.spec->key.starts_with("model.")) {
        problems_.push_back(problem_at(assignment.key_place,
                                       fmt::format("'{}' beside a command: yates does not build "
                                                   "the network of an external arm",
                                                   assignment.spec->key),
                                       "remove one of the two"));
      }
    }
  }

  /// An override of a key that a factor sets would be lost without a word.
  void check_base_against_factors() {
    for (const FactorSettings& factor : factors_) {
      std::set<std::string> keys;
      for (const LevelSettings& level : factor.levels) {
        for (const Assignment& assignment : level.assignments) {
          keys.insert(assignment.spec->key);
        }
      }
      for (const auto& assignments : override_assignments_) {
        for (const Assignment& assignment : assignments) {
          if (keys.count(assignment.spec->key) > 0) {
            problems_.push_back(problem_at(
                assignment.key_place,
                fmt::format("'{}' is set by factor '{}'", assignment.spec->key, factor.name),
                "change the study file"));
          }
        }
      }
    }
  }

  const std::vector<std::string>& overrides_;
  StudyFile study_;
  StudyBase base_;
  std::vector<std::vector<Assignment>> override_assignments_;
  std::vector<FactorSettings> factors_;
  std::vector<Problem> problems_;
};

}  // namespace

bool is_study_file(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  std::vector<Problem> ignored;
  const auto root = parse_yaml(make_source(path.string(), text), text, ignored);
  return root &&
         std::any_of(root->entries.begin(), root->entries.end(), [](const YamlEntry& entry) {
           return entry.key.scalar == "study" || entry.key.scalar == "factors";
         });
}

StudyFile load_study_file(const std::filesystem::path& path,
                          const std::vector<std::string>& overrides) {
  return StudyReader(path, overrides).read();
}

std::string run_identity(const StudyArm& arm, std::int64_t seed) {
  std::string text = "yates run, schema 1\n";
  for (const auto& [factor, level] : arm.levels) {
    text += fmt::format("level {}={}\n", factor, level);
  }
  for (const std::string& word : arm.command) {
    text += fmt::format("command {}:{}\n", word.size(), word);
  }
  RunConfig config = arm.config;
  config.train.seed = seed;
  return text + identity_text(config);
}

}  // namespace yates::config
