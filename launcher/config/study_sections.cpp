// SPDX-License-Identifier: Apache-2.0
#include "launcher/config/study_sections.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/config/scalar.hpp"
#include "launcher/study/contrast.hpp"

namespace yates::config {
namespace {

const std::vector<std::string> kMetrics = {"dice", "hd95_mm", "nsd_1mm", "assd_mm"};
const std::vector<std::string> kRegions = {"WT", "TC", "ET", "mean"};
constexpr Range kSeedRange{.low = 0, .high = 9'007'199'254'740'992.0};
constexpr Range kOpenUnit{.low = 0, .high = 1, .low_open = true, .high_open = true};
constexpr Range kCount{.low = 1, .high = 100'000};

void read_seeds(MapReader& design, study::StudySpec& spec) {
  const YamlNode* node = design.require("seeds");
  spec.seeds = design.integers("seeds", kSeedRange);
  if (node == nullptr) {
    return;
  }
  std::set<std::string> seen;
  for (const YamlNode& item : node->items) {
    if (!seen.insert(item.scalar).second) {
      design.report(item, "seeds", fmt::format("has {} twice", item.scalar), "seeds are distinct");
    }
  }
}

/// Asks the study library whether the contrast exists in this design.
void check_contrast(MapReader& primary,
                    const study::StudySpec& spec,
                    const study::PrimaryContrast& contrast) {
  try {
    const study::Design design(spec.factors);
    (void)study::parse_contrast(design, contrast.contrast, contrast.at);
  } catch (const Error& error) {
    const Problem& found = error.problems().front();
    primary.report(*primary.find("contrast"),
                   "contrast",
                   fmt::format("is {}: {}", in_quotes(contrast.contrast), found.what),
                   found.fix.empty() ? "allowed: " + found.allowed : found.fix);
  }
}

void read_primary(const YamlNode* node, study::StudySpec& spec, std::vector<Problem>& problems) {
  if (node == nullptr || node->kind == YamlKind::Null) {
    return;
  }
  MapReader map(node, "analysis.primary", problems);
  study::PrimaryContrast primary;
  primary.metric = map.text("metric", kMetrics).value_or(primary.metric);
  primary.region = map.text("region", kRegions).value_or(primary.region);
  primary.target = map.text("target", {"seeds", "patients", "both"}).value_or(primary.target);
  primary.method = map.text("method", {"auto", "per_seed_t", "blocked", "pooled", "welch", "mixed"})
                       .value_or(primary.method);
  primary.alpha = map.number("alpha", kOpenUnit).value_or(primary.alpha);
  primary.delta = map.number("delta", Range{.low = 0, .high = 1000, .low_open = true});
  if (map.require("contrast") != nullptr) {
    primary.contrast = map.text("contrast").value_or("");
  }
  if (const YamlNode* at = map.find("at")) {
    primary.at = read_levels(*at, "'analysis.primary.at'", spec.factors, problems);
  }
  const bool factors_usable =
      !spec.factors.empty() && std::all_of(spec.factors.begin(), spec.factors.end(), [](auto& f) {
        return f.levels.size() >= 2;
      });
  if (!primary.contrast.empty() && factors_usable) {
    check_contrast(map, spec, primary);
  }
  spec.primary = primary;
}

void check_looks(MapReader& map,
                 const study::SequentialPlan& plan,
                 const std::vector<std::int64_t>& seeds) {
  const auto not_ascending = [](std::int64_t a, std::int64_t b) { return a >= b; };
  const auto& looks = plan.looks;
  if (std::adjacent_find(looks.begin(), looks.end(), not_ascending) != looks.end()) {
    map.report(*map.find("looks"), "looks", "is not ascending", "e.g. [3, 4, 5]");
  } else if (!looks.empty() && !seeds.empty() &&
             looks.back() > static_cast<std::int64_t>(seeds.size())) {
    map.report(*map.find("looks"),
               "looks",
               fmt::format("asks for {} seeds, 'design.seeds' has {}", looks.back(), seeds.size()),
               "");
  }
}

void read_sequential(const YamlNode* node, study::StudySpec& spec, std::vector<Problem>& problems) {
  if (node == nullptr || node->kind == YamlKind::Null) {
    return;
  }
  MapReader map(node, "analysis.sequential", problems);
  if (!spec.primary) {
    problems.push_back(problem_at(
        node->place, "'analysis.sequential' without 'analysis.primary'", "looks at what?"));
  }
  study::SequentialPlan plan;
  plan.spending = map.text("spending", {"obf", "pocock"}).value_or(plan.spending);
  map.require("looks");
  plan.looks = map.integers("looks", Range{.low = 2, .high = 100'000});
  plan.futility = map.number("futility", kOpenUnit);
  check_looks(map, plan, spec.seeds);
  spec.sequential = plan;
}

/// "24h", "90min", "2d" as seconds.
std::optional<std::int64_t> parse_duration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_integer(text.substr(0, digits));
  const std::string_view unit = text.substr(digits);
  const std::int64_t seconds = unit == "s"                    ? 1
                               : unit == "min" || unit == "m" ? 60
                               : unit == "h"                  ? 3600
                               : unit == "d"                  ? 86'400
                                                              : 0;
  constexpr std::int64_t kLongest = 366 * 86'400LL;
  if (!count || seconds == 0 || *count < 1 || *count > kLongest / seconds) {
    return std::nullopt;
  }
  return *count * seconds;
}

void read_slurm(const YamlNode* node, SlurmOptions& slurm, std::vector<Problem>& problems) {
  MapReader map(node, "slurm", problems);
  slurm.partition = map.text("partition");
  slurm.account = map.text("account");
  const Range from_zero{.low = 0, .high = 1024};
  slurm.gpus_per_node = map.integer("gpus_per_node", from_zero).value_or(slurm.gpus_per_node);
  slurm.cpus_per_rank = map.integer("cpus_per_rank", kCount).value_or(slurm.cpus_per_rank);
  slurm.ranks_per_run = map.integer("ranks_per_run", kCount).value_or(slurm.ranks_per_run);
  if (const auto limit = map.text("time_limit")) {
    const std::optional<std::int64_t> seconds = parse_duration(*limit);
    if (!seconds) {
      map.report(*map.find("time_limit"),
                 "time_limit",
                 "is " + in_quotes(*limit),
                 "a number with s, min, h or d, e.g. 24h");
    }
    slurm.time_limit_s = seconds.value_or(slurm.time_limit_s);
  }
  slurm.extra = map.texts("extra");
  const YamlNode* extra = map.find("extra");
  for (std::size_t i = 0; extra != nullptr && i < extra->items.size(); ++i) {
    if (!extra->items[i].scalar.starts_with("--")) {
      map.report(extra->items[i],
                 "extra",
                 "has the item " + kind_name(extra->items[i]),
                 "sbatch options, e.g. --exclusive");
    }
  }
}

}  // namespace

void read_design(const YamlNode* node, study::StudySpec& spec, std::vector<Problem>& problems) {
  MapReader design(node, "design", problems);
  (void)design.text("type", {"full"});
  read_seeds(design, spec);
  const YamlNode* exclude = design.find("exclude");
  if (exclude == nullptr) {
    return;
  }
  if (exclude->kind != YamlKind::List) {
    design.report(*exclude, "exclude", "is " + kind_name(*exclude), "a list of {factor: level}");
    return;
  }
  for (const YamlNode& item : exclude->items) {
    if (item.kind == YamlKind::Map && item.entries.empty()) {
      design.report(item, "exclude", "has an empty map, which would exclude everything", "");
      continue;
    }
    const std::size_t before = problems.size();
    study::Levels levels = read_levels(item, "'design.exclude'", spec.factors, problems);
    if (problems.size() == before) {
      spec.exclude.push_back(std::move(levels));
    }
  }
}

void read_analysis(const YamlNode* node, study::StudySpec& spec, std::vector<Problem>& problems) {
  MapReader map(node, "analysis", problems);
  const KeySpec* convention = find_key("evaluate.convention");
  spec.convention = map.text("convention", convention->choices).value_or(spec.convention);
  if (map.find("metrics") != nullptr) {
    spec.metrics = map.texts("metrics", kMetrics);
  }
  read_primary(map.find("primary"), spec, problems);
  read_sequential(map.find("sequential"), spec, problems);
}

void read_resources(MapReader& root, StudyFile& study, std::vector<Problem>& problems) {
  MapReader budget(root.find("budget"), "budget", problems);
  study.gpu_days = budget.number("gpu_days", Range{.low = 0, .high = 1'000'000, .low_open = true});
  MapReader retry(root.find("retry"), "retry", problems);
  study.attempts = retry.integer("attempts", Range{.low = 1, .high = 100}).value_or(study.attempts);
  read_slurm(root.find("slurm"), study.slurm, problems);
}

}  // namespace yates::config
