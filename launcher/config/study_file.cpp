// SPDX-License-Identifier: Apache-2.0
#include "launcher/config/study_file.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "launcher/config/run_file.hpp"
#include "launcher/config/study_sections.hpp"
#include "launcher/study/design.hpp"

namespace yates::config {
namespace {

/// Far more than anybody trains; each holds a whole configuration.
constexpr std::size_t kMostArms = 4096;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

/// A level as part of a file name; the signs that mark two levels are written out.
std::string name_part(std::string_view level) {
  if (level == "+" || level == "-") {
    return level == "+" ? "plus" : "minus";
  }
  std::string name;
  for (const char c : level) {
    name += is_name_character(c) && c != '_' ? c : '-';
  }
  return name;
}

/// "relocate.plus_prune.minus_width.32"; a long or repeated one gets a digest at its end.
std::string arm_id(const std::vector<study::Factor>& factors,
                   const study::Levels& levels,
                   std::set<std::string>& taken) {
  constexpr std::size_t kLongest = 64;
  std::string id;
  std::string exact;
  for (const study::Factor& factor : factors) {
    const std::string& level = levels.at(factor.name);
    id += (id.empty() ? "" : "_") + factor.name + "." + name_part(level);
    exact += fmt::format("{}={}\n", factor.name, level);
  }
  if (id.size() > kLongest || taken.count(id) > 0) {
    id = id.substr(0, kLongest - 9) + "-" + sha256_hex(exact).substr(0, 8);
  }
  taken.insert(id);
  return id;
}

/// The base configuration of the study with its overrides.
struct Base {
  Draft draft;
  std::vector<Assignment> assignments;  ///< Of the file, for messages.
  ExternalCommand command;
};

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
      build_arms();
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

  void build_arms() {
    std::optional<study::Design> design;
    try {
      design.emplace(study_.spec.factors, study_.spec.exclude);
    } catch (const Error& error) {
      problems_ = error.problems();
      return;
    }
    if (design->run_count() > kMostArms) {
      problems_.push_back(Problem{.what = fmt::format("{} arms", design->run_count()),
                                  .where = study_.path.string(),
                                  .allowed = fmt::format("at most {}", kMostArms),
                                  .fix = "fewer factors or levels, or exclude cells"});
      return;
    }
    std::set<std::string> taken;
    for (std::size_t cell = 0; cell < design->size(); ++cell) {
      if (design->is_run(cell)) {
        add_arm(*design, cell, taken);
      }
    }
    check_distinct_arms();
  }

  void add_arm(const study::Design& design, std::size_t cell, std::set<std::string>& taken) {
    StudyArm arm;
    arm.levels = design.levels(cell);
    arm.id = arm_id(design.factors(), arm.levels, taken);
    ExternalCommand command = base_.command;
    Draft draft = base_.draft;
    std::vector<const Assignment*> model_keys;
    for (std::size_t f = 0; f < factors_.size(); ++f) {
      const LevelSettings& level = factors_[f].levels[design.level(cell, f)];
      draft.assign(level.assignments, problems_);
      if (!level.command.empty()) {
        command = level.command;
      }
      for (const Assignment& assignment : level.assignments) {
        if (assignment.spec->key.starts_with("model.")) {
          model_keys.push_back(&assignment);
        }
      }
    }
    arm.command = std::move(command.words);
    arm.program = std::move(command.program);
    if (arm.is_external()) {
      refuse_model_keys(design, arm, model_keys);
    }
    std::vector<Problem> found;
    draft.check_rules(found);
    for (Problem& problem : found) {
      problem.what += fmt::format(" (arm {})", design.describe(arm.levels));
      add_once(std::move(problem));
    }
    arm.config = draft.config();
    study_.arms.push_back(std::move(arm));
  }

  void refuse_model_keys(const study::Design& design,
                         const StudyArm& arm,
                         const std::vector<const Assignment*>& model_keys) {
    for (const Assignment* assignment : model_keys) {
      add_once(problem_at(assignment->key_place,
                          fmt::format("'{}' has no meaning in arm {}, which runs a command",
                                      assignment->spec->key,
                                      design.describe(arm.levels)),
                          "exclude the arm in design.exclude"));
    }
  }

  /// One report per place is enough: the same mistake shows in many arms.
  void add_once(Problem problem) {
    const auto same = [&](const Problem& known) {
      return known.where == problem.where && known.excerpt == problem.excerpt;
    };
    if (std::none_of(problems_.begin(), problems_.end(), same)) {
      problems_.push_back(std::move(problem));
    }
  }

  /// Two arms of our own with the same configuration would train the same network twice.
  void check_distinct_arms() {
    constexpr std::size_t kShown = 20;
    std::map<std::string, std::string> first;  // Of the arms with one configuration, by that.
    std::size_t equal = 0;
    for (const StudyArm& arm : study_.arms) {
      if (arm.is_external()) {
        continue;
      }
      const auto [known, is_new] = first.try_emplace(identity_text(arm.config), arm.id);
      if (!is_new && ++equal <= kShown) {
        problems_.push_back(
            Problem{.what = fmt::format(
                        "arms '{}' and '{}' have the same configuration", known->second, arm.id),
                    .where = study_.path.string(),
                    .allowed = "",
                    .fix = "let their levels set different values"});
      }
    }
  }

  const std::vector<std::string>& overrides_;
  StudyFile study_;
  Base base_;
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
