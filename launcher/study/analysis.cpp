// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/analysis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/study/analysis_contrasts.hpp"
#include "launcher/study/complete_part.hpp"
#include "launcher/study/estimability.hpp"
#include "launcher/study/sequential.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

/// Alias equations of larger designs fill pages and help nobody.
constexpr std::size_t kMostAliases = 64;
constexpr double kBimodal = 5.0 / 9;

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

void summarize_components(Analysis& analysis, const Response& response, const CrossedModel& model) {
  const CrossedComponents& found = model.components();
  const std::pair<const char*, double> components[] = {{"seed", found.seed},
                                                       {"case", found.case_},
                                                       {"run", found.run},
                                                       {"cell_case", found.cell_case},
                                                       {"seed_case", found.seed_case},
                                                       {"residual", found.residual}};
  for (const auto& [name, estimate] : components) {
    analysis.variance.push_back({response.metric, response.region, name, estimate});
  }
}

/// The lines of the factorial on single cases, tested against cell:seed, and the strata of the
/// errors.
void summarize_strata(Analysis& analysis, const Response& response, const CrossedModel& model) {
  const auto cases = static_cast<double>(response.case_values.front().size());
  const auto rows =
      factorial_anova(analysis.data.design, analysis.data.table(response), SquaresType::II, true);
  for (AnovaRow row : rows) {
    if (row.term != "seed" && row.term != "residual" && row.term != "total") {
      row.ss *= cases;
      row.ms *= cases;
      analysis.anova.push_back({response.metric, response.region, row});
    }
  }
  for (const AnovaRow& row : model.strata()) {
    analysis.anova.push_back({response.metric, response.region, row});
  }
}

/// Balanced tables have one answer; type II where they have not.
void summarize_anova(Analysis& analysis, const Response& response) {
  const RunTable table = analysis.data.table(response);
  const bool replicated = table.runs.size() > analysis.data.design.run_count();
  if (!replicated) {
    return;
  }
  const auto rows =
      factorial_anova(analysis.data.design, table, SquaresType::II, table.seeds_are_blocks);
  for (const AnovaRow& row : rows) {
    analysis.anova.push_back({response.metric, response.region, row});
  }
}

std::size_t cluster_of(double value, const std::vector<Cluster>& clusters) {
  std::size_t index = 0;
  while (index + 1 < clusters.size() && value > clusters[index].high) {
    ++index;
  }
  return index;
}

void summarize_modes(Analysis& analysis, const Response& response) {
  const StudyData& data = analysis.data;
  ModeSummary summary{.metric = response.metric,
                      .region = response.region,
                      .clusters = gap_clusters(response.run_values),
                      .bimodality = bimodality_coefficient(response.run_values),
                      .collapsed_runs = {}};
  std::vector<std::set<std::size_t>> cells(data.design.size());
  for (std::size_t run = 0; run < data.runs.size(); ++run) {
    if (is_bad(data.runs[run])) {
      summary.collapsed_runs.push_back(run);
    }
    cells[data.runs[run].cell].insert(cluster_of(response.run_values[run], summary.clusters));
  }
  summary.mixed_cells = static_cast<std::size_t>(
      std::count_if(cells.begin(), cells.end(), [](const auto& c) { return c.size() > 1; }));
  analysis.modes.push_back(std::move(summary));
}

/// One sentence for all responses whose runs fall apart.
void warn_of_modes(Analysis& analysis) {
  std::vector<std::string> mixed;
  std::vector<std::string> apart;
  for (const ModeSummary& mode : analysis.modes) {
    const std::string name = mode.metric + (mode.region.empty() ? "" : " " + mode.region);
    if (mode.mixed_cells > 0) {
      mixed.push_back(name);
    } else if (mode.clusters.size() > 1 && mode.bimodality > kBimodal) {
      apart.push_back(name);
    }
  }
  if (!mixed.empty()) {
    analysis.warnings.push_back(fmt::format(
        "the runs fall into separate groups and at least one cell mixes them ({}): its mean "
        "and interval describe no single run",
        join(mixed, ", ")));
  }
  if (!apart.empty()) {
    analysis.warnings.push_back(
        fmt::format("the runs fall into separate groups ({})", join(apart, ", ")));
  }
}

/// The primary contrast, or all two-factor interactions, without each run in turn.
void leave_one_out(Analysis& analysis,
                   const Response& response,
                   const std::vector<Contrast>& contrasts) {
  const RunTable table = analysis.data.table(response);
  for (const Contrast& contrast : contrasts) {
    const bool wanted =
        analysis.options.primary ? &contrast == &contrasts.front() : contrast.order == 2;
    if (!wanted || !is_supported(analysis.data.design, contrast)) {
      continue;
    }
    for (std::size_t run = 0; run < table.runs.size(); ++run) {
      if (contrast.weights[table.runs[run].cell] == 0) {
        continue;
      }
      RunTable rest = table;
      rest.runs.erase(rest.runs.begin() + static_cast<std::ptrdiff_t>(run));
      if (const auto estimate = plain_estimate(rest, contrast)) {
        analysis.leave_one_out.push_back({contrast.name,
                                          contrast.at,
                                          response.metric,
                                          response.region,
                                          run,
                                          estimate->estimate});
      }
    }
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

/// The declared looks at the primary contrast, with its per-seed values in the order of the seeds.
void summarize_looks(Analysis& analysis, const std::vector<Contrast>& contrasts) {
  const AnalysisOptions& options = analysis.options;
  if (!options.primary || !options.sequential || options.sequential->looks.empty()) {
    return;
  }
  for (const Response& response : analysis.data.responses) {
    if (!same_metric(response.metric, options.primary->metric) ||
        response.region != options.primary->region) {
      continue;
    }
    std::vector<double> values;
    for (const SeedContrast& seed :
         per_seed_contrasts(analysis.data.table(response), contrasts.front())) {
      values.push_back(seed.value);
    }
    const auto bounds = sequential_bounds(*options.sequential, options.alpha);
    const double delta = options.primary->delta.value_or(0);
    for (const LookResult& look : evaluate_looks(*options.sequential, bounds, values, delta)) {
      analysis.looks.push_back({.n = static_cast<std::size_t>(look.n),
                                .statistic = look.statistic,
                                .bound = look.bound,
                                .decision = look.decision});
    }
  }
}

}  // namespace

const ContrastSummary* Analysis::primary() const {
  const auto found = std::find_if(
      contrasts.begin(), contrasts.end(), [](const ContrastSummary& row) { return row.primary; });
  return found == contrasts.end() ? nullptr : &*found;
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
  std::vector<std::optional<CrossedModel>> models;
  for (const Response& response : analysis.data.responses) {
    const auto crossed = crossed_data(analysis.data, response);
    models.push_back(crossed ? CrossedModel::fit(*crossed) : std::nullopt);
    summarize_cells(analysis, response);
    if (part) {
      summarize_effects(analysis, *part, response);
    }
    if (models.back()) {
      summarize_components(analysis, response, *models.back());
    }
    if (models.back() && !models.back()->strata().empty()) {
      summarize_strata(analysis, response, *models.back());
    } else {
      summarize_anova(analysis, response);
    }
    summarize_modes(analysis, response);
    leave_one_out(analysis, response, contrasts);
  }
  warn_of_modes(analysis);
  summarize_looks(analysis, contrasts);
  analysis.contrasts = contrast_rows(analysis.data, contrasts, models, analysis.options);
  return analysis;
}

}  // namespace yates::study
