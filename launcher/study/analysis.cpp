// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/analysis.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/study/analysis_anova.hpp"
#include "launcher/study/analysis_cases.hpp"
#include "launcher/study/analysis_contrasts.hpp"
#include "launcher/study/analysis_modes.hpp"
#include "launcher/study/complete_part.hpp"
#include "launcher/study/estimability.hpp"
#include "launcher/study/summary.hpp"
#include "launcher/study/supported_effects.hpp"

namespace yates::study {
namespace {

/// Alias equations of larger designs fill pages and help nobody.
constexpr std::size_t kMostAliases = 64;

bool is_bad(const RunRecord& run) {
  return run.status == "collapsed" || run.status == "diverged";
}

void summarize_cells(Analysis& analysis, const Response& response) {
  const StudyData& data = analysis.data;
  const auto values = cell_values(data.table(response));
  for (std::size_t cell = 0; cell < values.size(); ++cell) {
    if (values[cell].empty()) {
      continue;
    }
    const auto [low, high] = std::minmax_element(values[cell].begin(), values[cell].end());
    const auto collapsed =
        std::count_if(data.runs.begin(), data.runs.end(), [&](const RunRecord& run) {
          return run.cell == cell && is_bad(run);
        });
    analysis.cells.push_back({.cell = cell,
                              .metric = response.metric,
                              .region = response.region,
                              .n = values[cell].size(),
                              .mean = mean(values[cell]),
                              .sd = standard_deviation(values[cell]),
                              .min = *low,
                              .max = *high,
                              .collapsed = static_cast<std::size_t>(collapsed)});
  }
}

/// The effects of a complete part: Yates' algorithm, or contrasts where a factor has more levels.
std::vector<FactorialEffect> effects_of_part(const Design& design,
                                             const std::vector<double>& means) {
  if (design.two_level()) {
    return factorial_effects(design, means);
  }
  std::vector<FactorialEffect> effects;
  for (const auto& parts : component_sets(design, design.factors().size())) {
    const Contrast contrast = make_contrast(design, parts, {});
    FactorialEffect effect{.term = contrast.name, .order = contrast.order};
    effect.interaction = contrast.estimate(means);
    // Least squares on the products of weights u: b = sum u y / sum u^2; the contrast is u /
    // averaged.
    double largest = 0;
    double unit = 1;
    for (const double weight : contrast.weights) {
      largest = std::max(largest, std::abs(weight));
    }
    for (const Component& part : parts) {
      double most = 0;
      for (const double weight : part.weights) {
        most = std::max(most, std::abs(weight));
      }
      unit *= most;
    }
    effect.coded = effect.interaction * (largest / unit) / contrast.squared_length();
    effect.effect = 2 * effect.coded;
    effects.push_back(effect);
  }
  return effects;
}

void summarize_effects(Analysis& analysis, const CompletePart& part, const Response& response) {
  const RunTable table = analysis.data.table(response);
  const std::vector<double> whole = cell_means(table);
  std::vector<double> means;
  for (const std::size_t cell : part.cells) {
    means.push_back(whole[cell]);
  }
  const auto effects = effects_of_part(part.design, means);
  for (const FactorialEffect& effect : effects) {
    analysis.effects.push_back({effect, part.at, response.metric, response.region});
  }
  const auto values = cell_values(table);
  const bool single = std::all_of(part.cells.begin(), part.cells.end(), [&](std::size_t cell) {
    return values[cell].size() == 1;
  });
  if (single && part.design.two_level() && effects.size() >= 3) {
    std::vector<double> sizes;
    for (const FactorialEffect& effect : effects) {
      sizes.push_back(effect.effect);
    }
    analysis.lenth.push_back(
        {response.metric, response.region, part.at, lenth(sizes, analysis.options.alpha), effects});
  }
}

void summarize_components(Analysis& analysis,
                          const Response& response,
                          const ResponseModel& model) {
  const auto add = [&](const char* component, double variance) {
    analysis.variance.push_back({response.metric, response.region, component, variance});
  };
  if (model.crossed) {
    const CrossedComponents& found = model.crossed->components();
    add("seed", found.seed);
    add("case", found.case_);
    add("run", found.run);
    add("cell_case", found.cell_case);
    add("seed_case", found.seed_case);
    add("residual", found.residual);
  } else if (model.blocks) {
    add("seed", model.blocks->seed_variance());
    add("residual", model.blocks->residual_variance());
  }
}

std::string why_not(const Design& design, const std::vector<std::size_t>& missing) {
  std::vector<std::string> cells;
  constexpr std::size_t kNamed = 4;
  for (std::size_t i = 0; i < std::min(kNamed, missing.size()); ++i) {
    cells.push_back("(" + design.describe(design.levels(missing[i])) + ")");
  }
  const std::string more =
      missing.size() > kNamed ? fmt::format(" and {} more", missing.size() - kNamed) : "";
  return fmt::format("never run: {}{}", join(cells, ", "), more);
}

NotEstimable explain(const Design& design, const LinearModel& model, const Contrast& contrast) {
  NotEstimable entry{.term = contrast.name, .at = contrast.at, .why = "", .add = {}};
  const auto added = cells_to_add(design, model, contrast).value_or(std::vector<std::size_t>{});
  for (const std::size_t cell : added) {
    entry.add.push_back(design.levels(cell));
  }
  entry.why = why_not(design, added);
  return entry;
}

void describe_design(Analysis& analysis) {
  const Design& design = analysis.data.design;
  const std::size_t order = design.factors().size();
  for (SupportedEffect& effect : supported_effects(design, std::min<std::size_t>(order, 4))) {
    analysis.estimable.push_back(std::move(effect.text));
  }
  if (design.complete()) {
    return;
  }
  const LinearModel model = factorial_model(design, order);
  std::vector<Alias> aliases = alias_equations(design, model);
  for (std::size_t i = 0; i < std::min(kMostAliases, aliases.size()); ++i) {
    analysis.aliases.push_back(aliases[i].equation);
  }
  for (const Contrast& contrast : all_contrasts(design, analysis.options.largest_order)) {
    if (is_supported(design, contrast)) {
      continue;
    }
    NotEstimable entry = explain(design, model, contrast);
    const auto alias = std::find_if(aliases.begin(), aliases.end(), [&](const Alias& a) {
      return contrast.at.empty() && a.contrast == contrast.name;
    });
    if (alias != aliases.end()) {
      entry.why = "tied: " + alias->equation + "; " + entry.why;
    }
    analysis.not_estimable.push_back(std::move(entry));
  }
}

/// Looks at the primary contrast decide its verdict: a p below alpha at an interim look is no
/// finding, and neither is anything at a look that was not declared.
void apply_looks(Analysis& analysis) {
  const AnalysisOptions& options = analysis.options;
  if (!options.primary || !options.sequential) {
    return;
  }
  analysis.looks = evaluate_study_looks(analysis.data,
                                        {.primary = *options.primary,
                                         .plan = *options.sequential,
                                         .seeds = options.seed_order,
                                         .finished = options.finished});
  if (!analysis.looks || analysis.looks->crossed()) {
    return;
  }
  for (ContrastSummary& row : analysis.contrasts) {
    const bool difference = row.verdict == Verdict::Positive || row.verdict == Verdict::Negative;
    if (row.primary && (difference || !analysis.looks->ended())) {
      row.verdict = Verdict::Inconclusive;
    }
  }
}

}  // namespace

std::vector<std::string> LenthSummary::active() const {
  std::vector<std::string> terms;
  for (const FactorialEffect& effect : effects) {
    if (std::abs(effect.effect) > result.me_simulated) {
      terms.push_back(effect.term);
    }
  }
  return terms;
}

double LenthSummary::largest() const {
  double size = 0;
  for (const FactorialEffect& effect : effects) {
    size = std::max(size, std::abs(effect.effect));
  }
  return size;
}

const ContrastSummary* Analysis::primary() const {
  const auto found = std::find_if(
      contrasts.begin(), contrasts.end(), [](const ContrastSummary& row) { return row.primary; });
  return found == contrasts.end() ? nullptr : &*found;
}

bool Analysis::single_runs() const {
  return std::all_of(
      cells.begin(), cells.end(), [](const CellSummary& cell) { return cell.n == 1; });
}

Analysis analyze(StudyData data, AnalysisOptions options) {
  if (options.primary) {
    options.alpha = options.primary->alpha;
  }
  Analysis analysis{.data = std::move(data), .options = std::move(options)};
  analysis.warnings = analysis.data.warnings;
  describe_design(analysis);
  const std::vector<Contrast> contrasts = listed_contrasts(analysis.data.design, analysis.options);
  const auto part = largest_complete_part(analysis.data.design);
  std::vector<ResponseModel> models;
  for (const Response& response : analysis.data.responses) {
    models.push_back(fit_response(analysis.data, response));
    summarize_cells(analysis, response);
    if (part) {
      summarize_effects(analysis, *part, response);
    }
    summarize_components(analysis, response, models.back());
    const auto& crossed = models.back().crossed;
    summarize_anova(analysis, response, crossed ? &*crossed : nullptr);
    summarize_anova_types(analysis, response);
    summarize_modes(analysis, response);
    leave_one_out(analysis, response, contrasts);
  }
  warn_of_modes(analysis);
  analysis.contrasts = contrast_rows(analysis.data, contrasts, models, analysis.options);
  apply_looks(analysis);
  summarize_cases(analysis, contrasts);
  summarize_sensitivity(analysis, contrasts);
  return analysis;
}

}  // namespace yates::study
