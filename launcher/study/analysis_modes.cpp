// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/analysis_modes.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/study/analysis_contrasts.hpp"
#include "launcher/study/fisher_exact.hpp"
#include "launcher/study/primary_contrast.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

constexpr double kBimodal = 5.0 / 9;

bool is_bad(const RunRecord& run) {
  return run.status == "collapsed" || run.status == "diverged";
}

std::size_t cluster_of(double value, const std::vector<Cluster>& clusters) {
  std::size_t index = 0;
  while (index + 1 < clusters.size() && value > clusters[index].high) {
    ++index;
  }
  return index;
}

/// Marked runs, and those outside the best group.
std::vector<bool> bad_runs(const StudyData& data,
                           const Response& response,
                           const std::vector<Cluster>& clusters) {
  const std::size_t best = response.higher_is_better ? clusters.size() - 1 : 0;
  std::vector<bool> bad;
  for (std::size_t run = 0; run < data.runs.size(); ++run) {
    bad.push_back(is_bad(data.runs[run]) || cluster_of(response.run_values[run], clusters) != best);
  }
  return bad;
}

std::vector<CollapseByFactor> count_by_factor(const StudyData& data, const std::vector<bool>& bad) {
  std::vector<CollapseByFactor> factors;
  if (std::count(bad.begin(), bad.end(), true) == 0) {
    return factors;
  }
  for (std::size_t f = 0; f < data.design.factors().size(); ++f) {
    const Factor& factor = data.design.factors()[f];
    CollapseByFactor counts{.factor = factor.name,
                            .bad = std::vector<std::size_t>(factor.levels.size(), 0),
                            .total = std::vector<std::size_t>(factor.levels.size(), 0)};
    for (std::size_t run = 0; run < data.runs.size(); ++run) {
      const std::size_t level = data.design.level(data.runs[run].cell, f);
      counts.bad[level] += bad[run] ? 1 : 0;
      ++counts.total[level];
    }
    counts.p = fisher_exact_p(counts.bad, counts.total);
    factors.push_back(std::move(counts));
  }
  return factors;
}

void warn_of_diverged(Analysis& analysis) {
  std::vector<std::string> diverged;
  for (std::size_t run = 0; run < analysis.data.runs.size(); ++run) {
    if (analysis.data.runs[run].status == "diverged") {
      diverged.push_back("(" + analysis.data.run_name(run) + ")");
    }
  }
  if (!diverged.empty()) {
    analysis.warnings.push_back(
        fmt::format("{} {} diverged and {} as an empty prediction (Dice 0): {}; the same analysis "
                    "without collapsed and diverged runs stands under Sensitivity",
                    diverged.size(),
                    diverged.size() == 1 ? "run" : "runs",
                    diverged.size() == 1 ? "counts" : "count",
                    join(diverged, ", ")));
  }
}

/// The contrasts that are looked at from other sides.
std::vector<Contrast> examined(const Analysis& analysis, const std::vector<Contrast>& contrasts) {
  std::vector<Contrast> wanted;
  for (std::size_t i = 0; i < contrasts.size(); ++i) {
    if ((analysis.options.primary ? i == 0 : contrasts[i].order == 2) &&
        is_supported(analysis.data.design, contrasts[i])) {
      wanted.push_back(contrasts[i]);
    }
  }
  return wanted;
}

/// The headline about new seeds from the values of runs.
void add_headline(Analysis& analysis,
                  const std::string& name,
                  const RunTable& table,
                  const Response& response,
                  const Contrast& contrast,
                  std::optional<double> margin) {
  std::vector<Estimate> estimates = run_estimates(table, contrast, nullptr);
  if (estimates.empty()) {
    return;
  }
  const Method method =
      pick_headline(table, contrast, estimates, analysis.options.planned_seeds, "auto");
  const auto estimate = std::find_if(
      estimates.begin(), estimates.end(), [&](const Estimate& e) { return e.method == method; });
  analysis.sensitivity.push_back(
      {.analysis = name,
       .place = {contrast.name, contrast.at, response.metric, response.region},
       .estimate = *estimate,
       .interval = t_interval(*estimate, analysis.options.alpha),
       .p = two_sided_p(*estimate),
       .verdict = verdict(*estimate, analysis.options.alpha, margin, response.higher_is_better)});
}

RunTable without_bad(const StudyData& data, const Response& response) {
  RunTable table = data.table(response);
  std::vector<RunValue> kept;
  for (std::size_t run = 0; run < table.runs.size(); ++run) {
    if (!is_bad(data.runs[run])) {
      kept.push_back(table.runs[run]);
    }
  }
  table.runs = std::move(kept);
  return table;
}

RunTable log_means(const StudyData& data, const Response& response) {
  RunTable table = data.table(response);
  for (std::size_t run = 0; run < table.runs.size(); ++run) {
    std::vector<double> logs;
    for (const double value : response.case_values[run]) {
      logs.push_back(std::log1p(value));
    }
    table.runs[run].value = mean(logs);
  }
  return table;
}

}  // namespace

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
  summary.by_factor = count_by_factor(data, bad_runs(data, response, summary.clusters));
  analysis.modes.push_back(std::move(summary));
}

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
  warn_of_diverged(analysis);
}

void leave_one_out(Analysis& analysis,
                   const Response& response,
                   const std::vector<Contrast>& contrasts) {
  const StudyData& data = analysis.data;
  const std::vector<double> means = cell_means(data.table(response));
  std::vector<std::vector<double>> values(data.design.size());
  for (std::size_t run = 0; run < data.runs.size(); ++run) {
    values[data.runs[run].cell].push_back(response.run_values[run]);
  }
  for (const Contrast& contrast : examined(analysis, contrasts)) {
    std::vector<std::size_t> seen(data.design.size(), 0);
    for (std::size_t run = 0; run < data.runs.size(); ++run) {
      const std::size_t cell = data.runs[run].cell;
      const std::size_t index = seen[cell]++;
      if (contrast.weights[cell] == 0 || values[cell].size() < 2) {
        continue;
      }
      std::vector<double> rest = values[cell];
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(index));
      std::vector<double> without = means;
      without[cell] = mean(rest);
      analysis.leave_one_out.push_back({contrast.name,
                                        contrast.at,
                                        response.metric,
                                        response.region,
                                        run,
                                        contrast.estimate(without)});
    }
  }
}

void summarize_sensitivity(Analysis& analysis, const std::vector<Contrast>& contrasts) {
  const StudyData& data = analysis.data;
  const bool bad = std::any_of(data.runs.begin(), data.runs.end(), is_bad);
  for (const Response& response : data.responses) {
    const std::optional<double> margin = margin_of(response.metric, analysis.options);
    const bool distance = !response.case_values.empty() && response.metric.ends_with("_mm") &&
                          !response.higher_is_better;
    for (const Contrast& contrast : examined(analysis, contrasts)) {
      if (bad) {
        add_headline(
            analysis, "without_collapsed", without_bad(data, response), response, contrast, margin);
      }
      if (distance) {
        add_headline(analysis, "log1p", log_means(data, response), response, contrast, {});
      }
    }
  }
}

void add_convention(Analysis& analysis, const StudyData& other) {
  const std::vector<Contrast> contrasts =
      examined(analysis, listed_contrasts(analysis.data.design, analysis.options));
  for (const Response& response : other.responses) {
    const std::optional<double> margin = margin_of(response.metric, analysis.options);
    for (const Contrast& contrast : contrasts) {
      add_headline(analysis, other.convention, other.table(response), response, contrast, margin);
    }
  }
}

}  // namespace yates::study
