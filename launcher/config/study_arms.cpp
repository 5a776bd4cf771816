// SPDX-License-Identifier: Apache-2.0
#include "launcher/config/study_arms.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "launcher/config/run_file.hpp"
#include "launcher/study/design.hpp"

namespace yates::config {
namespace {

/// Far more than anybody trains; each holds a whole configuration.
constexpr std::size_t kMostArms = 4096;

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

class ArmBuilder {
 public:
  ArmBuilder(const StudyFile& study,
             const StudyBase& base,
             const std::vector<FactorSettings>& factors,
             std::vector<Problem>& problems)
      : study_(study), base_(base), factors_(factors), problems_(problems) {}

  std::vector<StudyArm> build() {
    std::optional<study::Design> design;
    try {
      design.emplace(study_.spec.factors, study_.spec.exclude);
    } catch (const Error& error) {
      problems_ = error.problems();
      return {};
    }
    if (design->run_count() > kMostArms) {
      problems_.push_back(Problem{.what = fmt::format("{} arms", design->run_count()),
                                  .where = study_.path.string(),
                                  .allowed = fmt::format("at most {}", kMostArms),
                                  .fix = "fewer factors or levels, or exclude cells"});
      return {};
    }
    std::set<std::string> taken;
    for (std::size_t cell = 0; cell < design->size(); ++cell) {
      if (design->is_run(cell)) {
        add_arm(*design, cell, taken);
      }
    }
    check_distinct_arms();
    return std::move(arms_);
  }

 private:
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
    arms_.push_back(std::move(arm));
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
    for (const StudyArm& arm : arms_) {
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

  const StudyFile& study_;
  const StudyBase& base_;
  const std::vector<FactorSettings>& factors_;
  std::vector<Problem>& problems_;
  std::vector<StudyArm> arms_;
};

}  // namespace

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

std::vector<StudyArm> build_arms(const StudyFile& study,
                                 const StudyBase& base,
                                 const std::vector<FactorSettings>& factors,
                                 std::vector<Problem>& problems) {
  return ArmBuilder(study, base, factors, problems).build();
}

}  // namespace yates::config
