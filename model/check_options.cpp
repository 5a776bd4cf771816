// SPDX-License-Identifier: Apache-2.0
#include "model/check_options.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "model/network_plan.hpp"

namespace yates::model {
namespace {

constexpr std::int64_t kPatchMultiple = 16;

const std::vector<std::string> kScorers = {
    "l2", "random", "fce", "r0", "r1", "r2", "r3", "r4", "r5"};
const std::vector<std::string> kRestores = {"fused", "neighbor"};
const std::vector<std::string> kSummaries = {"mean", "score"};

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void check_word(std::vector<Problem>& problems,
                const std::string& key,
                const std::string& word,
                const std::vector<std::string>& known) {
  if (!contains(known, word)) {
    problems.push_back({.what = fmt::format("{} = '{}' is not known", key, word),
                        .where = "",
                        .allowed = join(known, ", "),
                        .fix = suggestion(word, known)});
  }
}

void check_width(std::vector<Problem>& problems, std::int64_t width) {
  if (width <= 0 || width % kSqueezeRatio != 0) {
    problems.push_back({.what = fmt::format("model.width = {} cannot be built", width),
                        .where = "",
                        .allowed = "a positive multiple of 8",
                        .fix = ""});
  }
}

void check_stages(std::vector<Problem>& problems, const std::vector<std::int64_t>& stages) {
  const bool in_range = std::all_of(
      stages.begin(), stages.end(), [](std::int64_t s) { return s >= 0 && s < kStages; });
  const bool ascending =
      std::adjacent_find(stages.begin(), stages.end(), std::greater_equal<>()) == stages.end();
  if (!in_range || !ascending) {
    problems.push_back(
        {.what = fmt::format("model.mamba_stages = [{}] cannot be built", fmt::join(stages, ", ")),
         .where = "",
         .allowed = "encoder stages 0..3, each at most once, in ascending order",
         .fix = ""});
  }
}

void check_prune(std::vector<Problem>& problems, const ModelOptions& options) {
  const PruneOptions& prune = options.prune;
  check_word(problems, "model.prune.scorer", prune.scorer, kScorers);
  check_word(problems, "model.prune.restore", prune.restore, kRestores);
  check_word(problems, "model.prune.summary", prune.summary, kSummaries);
  if (prune.keep_rates.size() != options.mamba_stages.size()) {
    problems.push_back(
        {.what = fmt::format("model.prune.keep_rates has {} rates for {} Mamba stages",
                             prune.keep_rates.size(),
                             options.mamba_stages.size()),
         .where = "",
         .allowed = "one rate per entry of model.mamba_stages, in the same order",
         .fix = ""});
  }
  for (std::size_t i = 0; i < prune.keep_rates.size(); ++i) {
    const double rate = prune.keep_rates[i];
    if (!(rate > 0.0 && rate <= 1.0)) {
      problems.push_back(
          {.what = fmt::format("model.prune.keep_rates[{}] = {} keeps no valid number "
                               "of tokens",
                               i,
                               rate),
           .where = "",
           .allowed = "a fraction in (0, 1]",
           .fix = ""});
    }
  }
}

void check_fce(std::vector<Problem>& problems, const ModelOptions& options) {
  const FceOptions& fce = options.fce;
  if (uses_foreground(options.prune) && contains(kScorers, options.prune.scorer) && !fce.enabled) {
    problems.push_back(
        {.what = fmt::format("the scorer '{}' needs the foreground head", options.prune.scorer),
         .where = "",
         .allowed = "l2, random and r0 without it",
         .fix = "model.fce.enabled=true"});
  }
  if (!fce.enabled) {
    return;
  }
  if (options.mamba_stages.empty()) {
    problems.push_back({.what = "model.fce.enabled = true without a Mamba stage to read",
                        .where = "",
                        .allowed = "",
                        .fix = "name stages in model.mamba_stages"});
  }
  if (fce.pretrain_epochs > 0 && fce.bce == 0 && fce.alignment == 0) {
    problems.push_back({.what = "model.fce.pretrain_epochs without a loss that trains the head",
                        .where = "",
                        .allowed = "model.fce.bce or model.fce.alignment above 0",
                        .fix = "model.fce.bce=1"});
  }
}

}  // namespace

std::vector<Problem> option_problems(const ModelOptions& options) {
  std::vector<Problem> problems;
  check_word(problems, "model.network", options.network, {"segmamba_v2"});
  check_width(problems, options.width);
  check_stages(problems, options.mamba_stages);
  if (options.prune.enabled) {
    check_prune(problems, options);
  }
  check_fce(problems, options);
  return problems;
}

std::vector<Problem> patch_problems(const std::array<std::int64_t, 3>& patch) {
  const bool multiples = std::all_of(patch.begin(), patch.end(), [](std::int64_t side) {
    return side > 0 && side % kPatchMultiple == 0;
  });
  const bool single_voxel = multiples && patch[0] * patch[1] * patch[2] ==
                                             kPatchMultiple * kPatchMultiple * kPatchMultiple;
  if (multiples && !single_voxel) {
    return {};
  }
  return {
      {.what = fmt::format("a patch of {} voxels cannot pass the network", fmt::join(patch, " x ")),
       .where = "",
       .allowed = "three sides that are positive multiples of 16, and not 16 x 16 x 16, which "
                  "leaves InstanceNorm a single voxel at the deepest stage",
       .fix = "for example data.patch=[32,32,32]"}};
}

void check_options(const ModelOptions& options) {
  std::vector<Problem> problems = option_problems(options);
  if (!problems.empty()) {
    throw Error(ExitCode::BadConfig, std::move(problems));
  }
}

void check_patch(const std::array<std::int64_t, 3>& patch) {
  std::vector<Problem> problems = patch_problems(patch);
  if (!problems.empty()) {
    throw Error(ExitCode::BadConfig, std::move(problems));
  }
}

}  // namespace yates::model
