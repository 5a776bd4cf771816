// SPDX-License-Identifier: Apache-2.0
// What must fit together across keys.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/config/assignment.hpp"

namespace yates::config {
namespace {

constexpr std::int64_t kDeepestStride = 16;  ///< The encoder halves each side four times.

}  // namespace

/// Reports at the first of `keys` that was written somewhere; silent if one was wrong by itself.
void Draft::add_rule_problem(const std::vector<std::string>& keys,
                             const std::string& what,
                             const std::string& fix,
                             std::vector<Problem>& problems) const {
  for (const std::string& key : keys) {
    if (refused_.count(key) > 0) {
      return;
    }
  }
  for (const std::string& key : keys) {
    const auto place = places_.find(key);
    if (place != places_.end()) {
      problems.push_back(problem_at(place->second, what, fix));
      return;
    }
  }
  problems.push_back(Problem{.what = what, .where = "defaults", .allowed = "", .fix = fix});
}

void Draft::check_stages(std::vector<Problem>& problems) const {
  const auto& stages = config_.model.mamba_stages;
  const auto not_ascending = [](std::int64_t a, std::int64_t b) { return a >= b; };
  if (std::adjacent_find(stages.begin(), stages.end(), not_ascending) != stages.end()) {
    add_rule_problem({"model.mamba_stages"},
                     "'model.mamba_stages' must be ascending, each stage once",
                     "e.g. [0, 1]",
                     problems);
  }
}

void Draft::check_pruning(std::vector<Problem>& problems) const {
  const auto& model = config_.model;
  const std::size_t rates = model.prune.keep_rates.size();
  const std::size_t stages = model.mamba_stages.size();
  // With pruning off the default keep rates are of no consequence; written ones must fit.
  if (rates != stages && (model.prune.enabled || was_set("model.prune.keep_rates"))) {
    add_rule_problem(
        {"model.prune.keep_rates", "model.mamba_stages", "model.prune.enabled"},
        fmt::format("'model.prune.keep_rates' has {} item{}, 'model.mamba_stages' has {}",
                    rates,
                    rates == 1 ? "" : "s",
                    stages),
        "one keep rate per Mamba stage",
        problems);
  }
}

void Draft::check_patch(std::vector<Problem>& problems) const {
  std::int64_t deepest_voxels = 1;
  for (const std::int64_t side : config_.data.patch) {
    deepest_voxels *= side / kDeepestStride;
  }
  if (deepest_voxels <= 1) {
    add_rule_problem({"data.patch"},
                     "'data.patch' leaves one voxel at the deepest stage, too few to normalise",
                     "e.g. [16, 16, 32]",
                     problems);
  }
}

void Draft::check_fce(std::vector<Problem>& problems) const {
  const auto& model = config_.model;
  const std::vector<std::string> plain = {"l2", "random", "r0"};
  const bool needs_fce = std::find(plain.begin(), plain.end(), model.prune.scorer) == plain.end();
  if (model.prune.enabled && needs_fce && !model.fce.enabled) {
    add_rule_problem({"model.prune.scorer", "model.fce.enabled"},
                     fmt::format("the scorer '{}' needs the foreground confidence estimator",
                                 model.prune.scorer),
                     "set model.fce.enabled: true",
                     problems);
  }
  if (model.fce.pretrain_epochs > 0 && !model.fce.enabled) {
    add_rule_problem({"model.fce.pretrain_epochs", "model.fce.enabled"},
                     "'model.fce.pretrain_epochs' without 'model.fce.enabled'",
                     "set model.fce.enabled: true",
                     problems);
  }
  if (model.fce.enabled && model.mamba_stages.empty()) {
    add_rule_problem({"model.fce.enabled", "model.mamba_stages"},
                     "'model.fce.enabled' without a Mamba stage to read",
                     "name stages in model.mamba_stages",
                     problems);
  }
  if (model.fce.pretrain_epochs > 0 && model.fce.bce == 0 && model.fce.alignment == 0) {
    add_rule_problem({"model.fce.pretrain_epochs", "model.fce.bce", "model.fce.alignment"},
                     "'model.fce.pretrain_epochs' without a loss that trains the head",
                     "set model.fce.bce or model.fce.alignment above 0",
                     problems);
  }
  if (model.fce.pretrain_epochs >= config_.train.epochs) {
    add_rule_problem({"model.fce.pretrain_epochs", "train.epochs"},
                     fmt::format("'model.fce.pretrain_epochs' is {}, 'train.epochs' is {}",
                                 model.fce.pretrain_epochs,
                                 config_.train.epochs),
                     "leave epochs for the whole network",
                     problems);
  }
}

void Draft::check_execution(std::vector<Problem>& problems) const {
  const auto& train = config_.train;
  if (train.device == "cpu" && (train.precision == "fp16" || train.precision == "bf16")) {
    add_rule_problem({"train.precision", "train.device"},
                     fmt::format("'train.precision' is {}, 'train.device' is cpu", train.precision),
                     "the CPU computes in fp32",
                     problems);
  }
}

void Draft::check_rules(std::vector<Problem>& problems) const {
  check_stages(problems);
  check_pruning(problems);
  check_patch(problems);
  check_fce(problems);
  check_execution(problems);
}

}  // namespace yates::config
