// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/power_plan.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "base/error.hpp"
#include "launcher/study/contrast.hpp"
#include "launcher/study/distributions.hpp"

namespace yates::study {
namespace {

constexpr std::int64_t kMostSeeds = 10'000;

PowerRow row_at(const PowerQuestion& question, double sigma, std::int64_t n) {
  const ReplicationPlan plan = planned_replication(question, n);
  PowerRow row{.n = n,
               .method = plan.method,
               .df = planned_df(plan, n),
               .sigma = sigma,
               .power = planned_power(plan, question.effect, sigma, n),
               .mde = planned_mde(plan, sigma, question.power, n)};
  if (question.seed_days) {
    row.gpu_days = *question.seed_days * static_cast<double>(n);
  }
  return row;
}

std::optional<std::int64_t> seeds_needed(const PowerQuestion& question, double sigma) {
  // The normal approximation never asks for more seeds than t does; begin a little below.
  const double z = normal_quantile(1 - question.alpha / 2) + normal_quantile(question.power);
  const double normal = question.squared_length * std::pow(sigma * z / question.effect, 2);
  for (auto n = std::max<std::int64_t>(2, static_cast<std::int64_t>(std::min(normal, 1e6)) - 2);
       n <= kMostSeeds;
       ++n) {
    if (planned_power(planned_replication(question, n), question.effect, sigma, n) >=
        question.power) {
      return n;
    }
  }
  return std::nullopt;
}

std::vector<PowerRow> rows_at(const PowerQuestion& question,
                              double sigma,
                              const std::set<std::int64_t>& seeds) {
  std::vector<PowerRow> rows;
  for (const std::int64_t n : seeds) {
    rows.push_back(row_at(question, sigma, n));
  }
  return rows;
}

std::string seeds_text(const std::optional<std::int64_t>& seeds, const PowerQuestion& question) {
  if (!seeds) {
    return fmt::format("more than {} seeds would be needed", kMostSeeds);
  }
  const std::string cost =
      question.seed_days
          ? fmt::format(" ({:.4g} GPU-days)", *question.seed_days * static_cast<double>(*seeds))
          : "";
  return fmt::format("{} seeds{} would be needed", *seeds, cost);
}

std::string budget_text(const PowerPlan& plan) {
  const PowerQuestion& question = plan.question;
  if (question.budget_days && question.seed_days) {
    return fmt::format("{:.4g} GPU-days pay for {} seeds in each of {} arms",
                       *question.budget_days,
                       plan.affordable_seeds,
                       question.all_cells);
  }
  return fmt::format("the study declares {} seeds", plan.affordable_seeds);
}

std::string sentence_of(const PowerPlan& plan) {
  const PowerQuestion& question = plan.question;
  const std::string head =
      fmt::format("{}identifiable within this budget", plan.identifiable ? "" : "not ");
  if (plan.affordable_seeds < 2) {
    return fmt::format("{}: {}, and no interval exists below two; {}",
                       head,
                       budget_text(plan),
                       seeds_text(plan.seeds_needed, question));
  }
  const std::string tail = plan.identifiable
                               ? fmt::format("{} suffice", plan.seeds_needed.value_or(0))
                               : seeds_text(plan.seeds_needed, question);
  return fmt::format(
      "{}: {}, which find an effect of {:.4g} in {} with probability {:.0f} % (wanted {:.0f} %) if "
      "a "
      "run's SD is {:.4g}; {}; the SD may be at most {:.3g}",
      head,
      budget_text(plan),
      question.effect,
      question.contrast,
      100 * plan.affordable_power,
      100 * question.power,
      plan.sigma.value,
      tail,
      plan.largest_sigma);
}

SequentialForecast forecast(const PowerQuestion& question, double sigma) {
  const SequentialPlan& plan = *question.sequential;
  const Method headline = planned_replication(question, question.seeds).method;
  SequentialForecast result{.model = look_model(headline, question.own_cells, question.all_cells),
                            .looks = plan.looks};
  result.bounds = sequential_bounds(plan, result.model, question.alpha);
  const double shift = question.effect / (sigma * std::sqrt(question.squared_length));
  result.at_effect = sequential_outlook(plan, result.model, result.bounds, shift, shift, 40'000);
  result.at_null = sequential_outlook(plan, result.model, result.bounds, 0, shift, 40'000);
  return result;
}

}  // namespace

PowerQuestion power_question(const StudySpec& spec) {
  if (!spec.primary) {
    throw Error(ExitCode::BadConfig,
                Problem{.what = "the study declares no primary contrast",
                        .where = spec.name,
                        .allowed = "analysis.primary with metric, region and contrast",
                        .fix = "power is always that of one question: declare it"});
  }
  const PrimaryContrast& primary = *spec.primary;
  const Design design(spec.factors, spec.exclude);
  const Contrast contrast = parse_contrast(design, primary.contrast, primary.at);
  const std::string setting = design.describe(primary.at);
  return {.contrast = contrast.name + (setting.empty() ? "" : " at " + setting),
          .effect = primary.delta.value_or(1),
          .alpha = primary.alpha,
          .method = primary.method,
          .own_cells = static_cast<std::size_t>(std::count_if(
              contrast.weights.begin(), contrast.weights.end(), [](double w) { return w != 0.0; })),
          .all_cells = design.run_count(),
          .squared_length = contrast.squared_length(),
          .seeds = static_cast<std::int64_t>(spec.seeds.size()),
          .sequential = spec.sequential};
}

ReplicationPlan planned_replication(const PowerQuestion& question, std::int64_t n) {
  ReplicationPlan plan{.method = parse_method(question.method)
                                     .value_or(headline_method(true, static_cast<std::size_t>(n))),
                       .cells = question.own_cells,
                       .squared_length = question.squared_length,
                       .alpha = question.alpha};
  if (plan.method == Method::Mixed) {
    // With equal numbers the mixed model tests against cell:seed over the whole design.
    plan.method = Method::Blocked;
    plan.cells = question.all_cells;
  } else if (plan.method == Method::Pooled) {
    plan.cells = question.all_cells;
  }
  return plan;
}

PowerPlan plan_power(const PowerQuestion& question, const RunSigma& sigma, std::int64_t most_rows) {
  YATES_ASSERT(sigma.value > 0 && question.effect > 0, "sigma = {}", sigma.value);
  PowerPlan plan{.question = question,
                 .sigma = sigma,
                 .sigma_interval = sigma_interval(sigma),
                 .sigma_upper = sigma_upper_bound(sigma)};
  plan.seeds_needed = seeds_needed(question, sigma.value);
  plan.seeds_needed_careful = seeds_needed(question, plan.sigma_upper);
  plan.affordable_seeds = question.seeds;
  if (question.budget_days && question.seed_days && *question.seed_days > 0) {
    plan.affordable_seeds = static_cast<std::int64_t>(
        std::min(1e6, std::floor(*question.budget_days / *question.seed_days + 1e-9)));
  }
  std::set<std::int64_t> seeds;
  for (std::int64_t n = 2; n <= most_rows; ++n) {
    seeds.insert(n);
  }
  for (const auto n : {std::optional(question.seeds),
                       std::optional(plan.affordable_seeds),
                       plan.seeds_needed,
                       plan.seeds_needed_careful}) {
    if (n && *n >= 2) {
      seeds.insert(*n);
    }
  }
  plan.rows = rows_at(question, sigma.value, seeds);
  plan.careful = rows_at(question, plan.sigma_upper, seeds);
  if (plan.affordable_seeds >= 2) {
    const ReplicationPlan affordable = planned_replication(question, plan.affordable_seeds);
    plan.affordable_power =
        planned_power(affordable, question.effect, sigma.value, plan.affordable_seeds);
    plan.largest_sigma =
        question.effect / planned_mde(affordable, 1, question.power, plan.affordable_seeds);
  }
  plan.identifiable = plan.affordable_power >= question.power;
  plan.sentence = sentence_of(plan);
  if (question.sequential && !question.sequential->looks.empty()) {
    plan.sequential = forecast(question, sigma.value);
  }
  return plan;
}

}  // namespace yates::study
