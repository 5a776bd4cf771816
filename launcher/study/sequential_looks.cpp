// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/sequential_looks.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/study/primary_contrast.hpp"

namespace yates::study {
namespace {

const Response* primary_response(const StudyData& data, const PrimaryContrast& primary) {
  const auto found =
      std::find_if(data.responses.begin(), data.responses.end(), [&](const Response& response) {
        return same_metric(response.metric, primary.metric) && response.region == primary.region;
      });
  return found == data.responses.end() ? nullptr : &*found;
}

/// Seeds with a value in every needed cell, in declared order, then any others ascending.
std::vector<std::int64_t> complete_seeds(const RunTable& table,
                                         const Contrast& contrast,
                                         const std::vector<std::int64_t>& declared) {
  std::vector<std::int64_t> found;
  for (const SeedContrast& seed : per_seed_contrasts(table, contrast)) {
    found.push_back(seed.seed);
  }
  std::vector<std::int64_t> ordered;
  for (const std::int64_t seed : declared) {
    if (std::find(found.begin(), found.end(), seed) != found.end()) {
      ordered.push_back(seed);
    }
  }
  for (const std::int64_t seed : found) {
    if (std::find(declared.begin(), declared.end(), seed) == declared.end()) {
      ordered.push_back(seed);
    }
  }
  return ordered;
}

RunTable first_seeds(const RunTable& table, const std::vector<std::int64_t>& seeds, std::size_t n) {
  const std::set<std::int64_t> kept(seeds.begin(), seeds.begin() + static_cast<std::ptrdiff_t>(n));
  RunTable part = table;
  std::erase_if(part.runs, [&](const RunValue& run) { return kept.count(run.seed) == 0; });
  return part;
}

std::optional<Estimate> estimate_by(const RunTable& table,
                                    const Contrast& contrast,
                                    Method method) {
  switch (method) {
    case Method::Blocked: return blocked_t(table, contrast);
    case Method::Pooled: return pooled_t(table, contrast);
    default: return per_seed_t(table, contrast);
  }
}

/// The plan as it turned out: looks that no seed will reach give way to a last one now.
SequentialPlan reached_plan(const LooksRequest& request, std::size_t complete) {
  SequentialPlan plan = request.plan;
  const auto now = static_cast<std::int64_t>(complete);
  if (request.finished && now < plan.looks.back() && now >= 2) {
    std::erase_if(plan.looks, [&](std::int64_t look) { return look >= now; });
    plan.looks.push_back(now);
  }
  return plan;
}

std::string not_a_look(const SequentialPlan& plan, std::size_t complete) {
  std::vector<std::string> looks;
  for (const std::int64_t look : plan.looks) {
    looks.push_back(std::to_string(look));
  }
  return fmt::format(
      "{} complete seeds; the study declares looks at {}", complete, join(looks, ", "));
}

}  // namespace

bool Looks::crossed() const {
  return std::any_of(results.begin(), results.end(), [](const LookResult& look) {
    return look.decision == "stop: effect";
  });
}

bool Looks::ended() const {
  return std::any_of(results.begin(), results.end(), [](const LookResult& look) {
    return look.decision.starts_with("stop") || look.decision.starts_with("end");
  });
}

std::optional<Looks> evaluate_study_looks(const StudyData& data, const LooksRequest& request) {
  const Response* response = primary_response(data, request.primary);
  if (response == nullptr || request.plan.looks.empty()) {
    return std::nullopt;
  }
  const RunTable table = data.table(*response);
  const Contrast contrast =
      parse_contrast(data.design, request.primary.contrast, request.primary.at);
  const auto seeds = complete_seeds(table, contrast, request.seeds);
  const auto own_cells = static_cast<std::size_t>(std::count_if(
      contrast.weights.begin(), contrast.weights.end(), [](double w) { return w != 0.0; }));
  const Method headline =
      parse_method(request.primary.method).value_or(headline_method(true, request.seeds.size()));
  Looks looks{.model = look_model(headline, own_cells, data.design.run_count()),
              .complete = seeds.size()};
  const SequentialPlan plan = reached_plan(request, seeds.size());
  std::vector<Estimate> estimates;
  const auto estimate_at = [&](std::size_t n) {
    const auto found = estimate_by(first_seeds(table, seeds, n), contrast, looks.model.method)
                           .value_or(Estimate{});
    Estimate estimate = found;
    estimate.n = n;
    return estimate;
  };
  for (const std::int64_t look : plan.looks) {
    if (look <= static_cast<std::int64_t>(seeds.size())) {
      estimates.push_back(estimate_at(static_cast<std::size_t>(look)));
    }
  }
  const bool planned =
      std::find(plan.looks.begin(), plan.looks.end(), static_cast<std::int64_t>(seeds.size())) !=
      plan.looks.end();
  if (!estimates.empty()) {
    const auto bounds =
        sequential_bounds(plan, looks.model, request.primary.alpha, request.plan.looks.back());
    looks.results =
        evaluate_looks(plan, looks.model, bounds, estimates, request.primary.delta.value_or(0));
  }
  if (planned || looks.ended()) {
    return looks;
  }
  looks.unplanned = not_a_look(request.plan, seeds.size());
  if (seeds.size() >= 2) {
    constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
    const Estimate estimate = estimate_at(seeds.size());
    looks.results.push_back({.n = static_cast<std::int64_t>(seeds.size()),
                             .estimate = estimate,
                             .statistic = estimate.estimate / estimate.se,
                             .bound = kNaN,
                             .repeated = {},
                             .conditional_power = kNaN,
                             .decision = "not a declared look"});
  }
  return looks;
}

}  // namespace yates::study
