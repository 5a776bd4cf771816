// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/analysis_contrasts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "launcher/study/contrast_families.hpp"
#include "launcher/study/power.hpp"
#include "launcher/study/primary_contrast.hpp"

namespace yates::study {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

using Rule = std::optional<Estimate> (*)(const RunTable&, const Contrast&);
constexpr Rule kRules[] = {per_seed_t, blocked_t, pooled_t, welch_t};

/// The smallest detectable effect in standard errors depends on the degrees of freedom alone, and
/// costs far more than everything else in a row.
class DetectableEffects {
 public:
  explicit DetectableEffects(const AnalysisOptions& options) : options_(options) {}

  double of(const Estimate& estimate) {
    if (!std::isfinite(estimate.se) || !(estimate.df > 0)) {
      return kNaN;
    }
    const auto [place, added] = known_.emplace(estimate.df, 0.0);
    if (added) {
      place->second = minimum_detectable_effect(1, estimate.df, options_.alpha, options_.power);
    }
    return estimate.se * place->second;
  }

 private:
  const AnalysisOptions& options_;
  std::map<double, double> known_;
};

void fill_inference(ContrastSummary& row,
                    const AnalysisOptions& options,
                    DetectableEffects& detectable) {
  row.interval = t_interval(row.estimate, options.alpha);
  row.p = two_sided_p(row.estimate);
  row.mde = detectable.of(row.estimate);
  const std::optional<double> delta = margin_of(row.metric, options);
  row.tost_p = delta ? equivalence_p(row.estimate, *delta) : kNaN;
  row.verdict = verdict(row.estimate, options.alpha, delta, row.higher_is_better);
}

/// An estimate and what it speaks about.
struct TargetEstimate {
  Target target = Target::Seeds;
  Estimate estimate;
};

std::vector<TargetEstimate> targeted(const std::vector<Estimate>& estimates) {
  std::vector<TargetEstimate> list;
  for (const Estimate& estimate : estimates) {
    list.push_back({Target::Seeds, estimate});
  }
  return list;
}

void add_mixed(const ResponseModel& model,
               const Contrast& contrast,
               std::vector<TargetEstimate>& estimates) {
  const auto add = [&](Target target, const std::optional<Estimate>& estimate) {
    if (estimate && std::isfinite(estimate->se) && estimate->df > 0) {
      estimates.push_back({target, *estimate});
    }
  };
  if (model.blocks) {
    add(Target::Seeds, model.blocks->estimate(contrast));
  }
  for (const Target target : {Target::Seeds, Target::Patients, Target::Both}) {
    if (model.crossed) {
      add(target, model.crossed->estimate(contrast, target));
    }
  }
}

/// The errors of sign and size of headline rows of the primary contrast and of interactions.
class ResultWorth {
 public:
  explicit ResultWorth(const AnalysisOptions& options) : options_(options) {}

  void fill(ContrastSummary& row) {
    if (!row.headline || row.order > 2 || !(row.estimate.se > 0) || !(row.estimate.df > 0)) {
      return;
    }
    row.assumed_effect = margin_of(row.metric, options_).value_or(std::abs(row.estimate.estimate));
    const auto known = tests_.try_emplace(row.estimate.df, row.estimate.df, options_.alpha).first;
    row.errors = known->second.at(row.assumed_effect / row.estimate.se);
  }

 private:
  const AnalysisOptions& options_;
  std::map<double, SignSizeTest> tests_;
};

/// The rows of one contrast in one response; marks the headline of each target.
void add_rows(const RunTable& table,
              const Response& response,
              const Contrast& contrast,
              const std::vector<TargetEstimate>& estimates,
              const AnalysisOptions& options,
              DetectableEffects& detectable,
              ResultWorth& worth,
              std::vector<ContrastSummary>& rows) {
  ContrastSummary row{.name = contrast.name,
                      .at = contrast.at,
                      .order = contrast.order,
                      .metric = response.metric,
                      .region = response.region,
                      .target = "seeds",
                      .estimate = {},
                      .interval = {},
                      .higher_is_better = response.higher_is_better};
  const bool primary = is_primary_contrast(row, options) && same_response(row, *options.primary);
  std::vector<Estimate> of_seeds;
  for (const TargetEstimate& entry : estimates) {
    if (entry.target == Target::Seeds) {
      of_seeds.push_back(entry.estimate);
    }
  }
  const Method headline = pick_headline(
      table, contrast, of_seeds, options.planned_seeds, primary ? options.primary->method : "auto");
  for (const TargetEstimate& entry : estimates) {
    row.target = to_string(entry.target);
    row.estimate = entry.estimate;
    // New patients, and both: only the mixed model speaks about them.
    row.headline = entry.target != Target::Seeds || entry.estimate.method == headline;
    row.primary = primary && row.headline && options.primary->target == row.target;
    row.assumed_effect = kNaN;
    fill_inference(row, options, detectable);
    worth.fill(row);
    rows.push_back(row);
  }
}

}  // namespace

std::vector<Estimate> run_estimates(const RunTable& table,
                                    const Contrast& contrast,
                                    const PairNoise* noise) {
  std::vector<Estimate> estimates;
  for (const Rule rule : kRules) {
    if (const auto estimate = rule(table, contrast)) {
      estimates.push_back(*estimate);
    }
  }
  if (!estimates.empty()) {
    return estimates;
  }
  const auto single = noise != nullptr ? external_noise_t(table, contrast, noise->sd, noise->df)
                                       : plain_estimate(table, contrast);
  if (single) {
    estimates.push_back(*single);
  }
  return estimates;
}

Method pick_headline(const RunTable& table,
                     const Contrast& contrast,
                     const std::vector<Estimate>& estimates,
                     std::optional<std::size_t> planned_seeds,
                     const std::string& wanted) {
  const auto has = [&](Method method) {
    return std::any_of(
        estimates.begin(), estimates.end(), [&](const Estimate& e) { return e.method == method; });
  };
  if (const auto fixed = parse_method(wanted); fixed && has(*fixed)) {
    return *fixed;
  }
  if (has(Method::None)) {
    return Method::None;
  }
  const bool blocks = table.seeds_are_blocks && (has(Method::Blocked) || has(Method::Mixed));
  const std::size_t complete = per_seed_contrasts(table, contrast).size();
  const std::size_t seeds =
      blocks ? planned_seeds.value_or(complete) : std::max<std::size_t>(2, estimates.front().n);
  for (const Method method : {headline_method(blocks, seeds),
                              blocks ? Method::Blocked : Method::Welch,
                              blocks ? Method::Mixed : Method::Pooled,
                              Method::Welch,
                              Method::Pooled}) {
    if (has(method)) {
      return method;
    }
  }
  return estimates.front().method;
}

ResponseModel fit_response(const StudyData& data, const Response& response) {
  ResponseModel model;
  if (const auto crossed = crossed_data(data, response)) {
    model.crossed = CrossedModel::fit(*crossed);
  }
  if (!model.crossed) {
    model.blocks = RandomBlockModel::fit(data.table(response));
  }
  return model;
}

std::optional<CrossedData> crossed_data(const StudyData& data, const Response& response) {
  if (response.case_values.empty() || !data.seeds_are_blocks) {
    return std::nullopt;
  }
  CrossedData crossed{
      .cells = data.design.size(), .cell = {}, .seed = {}, .values = response.case_values};
  for (const RunRecord& run : data.runs) {
    crossed.cell.push_back(run.cell);
    crossed.seed.push_back(run.seed);
  }
  return crossed;
}

std::vector<Contrast> listed_contrasts(const Design& design, const AnalysisOptions& options) {
  std::vector<Contrast> listed;
  if (options.primary) {
    listed.push_back(parse_contrast(design, options.primary->contrast, options.primary->at));
  }
  for (Contrast& contrast : all_contrasts(design, options.largest_order)) {
    const bool declared = !listed.empty() && options.primary && contrast.name == listed[0].name &&
                          contrast.at == listed[0].at;
    if (!declared && is_supported(design, contrast)) {
      listed.push_back(std::move(contrast));
    }
  }
  return listed;
}

std::vector<ContrastSummary> contrast_rows(const StudyData& data,
                                           const std::vector<Contrast>& contrasts,
                                           const std::vector<ResponseModel>& models,
                                           const AnalysisOptions& options) {
  std::vector<ContrastSummary> rows;
  DetectableEffects detectable(options);
  ResultWorth worth(options);
  for (std::size_t i = 0; i < data.responses.size(); ++i) {
    const Response& response = data.responses[i];
    const RunTable table = data.table(response);
    const auto noise = options.noise.find(response.metric);
    for (const Contrast& contrast : contrasts) {
      auto estimates = targeted(
          run_estimates(table, contrast, noise == options.noise.end() ? nullptr : &noise->second));
      if (estimates.empty()) {
        continue;
      }
      add_mixed(models[i], contrast, estimates);
      add_rows(table, response, contrast, estimates, options, detectable, worth, rows);
    }
  }
  adjust_families(rows, options);
  return rows;
}

}  // namespace yates::study
