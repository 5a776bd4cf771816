// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/analysis_cases.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "launcher/study/analysis_contrasts.hpp"
#include "launcher/study/column_bootstrap.hpp"
#include "launcher/study/distributions.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

constexpr std::size_t kFewestUnits = 10;

/// Means over the runs of each cell: [cell][case], empty for cells without runs.
std::vector<std::vector<double>> cell_case_means(const StudyData& data, const Response& response) {
  const std::size_t cases = response.case_values.front().size();
  std::vector<std::vector<double>> means(data.design.size());
  std::vector<double> counts(data.design.size(), 0);
  for (std::size_t run = 0; run < data.runs.size(); ++run) {
    auto& mean_of_cell = means[data.runs[run].cell];
    mean_of_cell.resize(cases, 0);
    counts[data.runs[run].cell] += 1;
    for (std::size_t k = 0; k < cases; ++k) {
      mean_of_cell[k] += response.case_values[run][k];
    }
  }
  for (std::size_t cell = 0; cell < means.size(); ++cell) {
    for (double& value : means[cell]) {
      value /= counts[cell];
    }
  }
  return means;
}

std::vector<double> combine(const std::vector<std::vector<double>>& cells,
                            const Contrast& contrast,
                            std::size_t cases) {
  std::vector<double> values(cases, 0);
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    if (contrast.weights[cell] != 0) {
      for (std::size_t k = 0; k < cases; ++k) {
        values[k] += contrast.weights[cell] * cells[cell][k];
      }
    }
  }
  return values;
}

/// Case values of one seed in all cells, or nothing if a needed cell lacks it: [seed][case].
std::vector<std::vector<double>> per_seed_cases(const StudyData& data,
                                                const Response& response,
                                                const Contrast& contrast) {
  std::map<std::int64_t, std::map<std::size_t, std::size_t>> runs;
  for (std::size_t run = 0; run < data.runs.size(); ++run) {
    runs[data.runs[run].seed][data.runs[run].cell] = run;
  }
  const std::size_t cases = response.case_values.front().size();
  std::vector<std::vector<double>> seeds;
  for (const auto& [seed, cells] : runs) {
    std::vector<double> values(cases, 0);
    bool complete = true;
    for (std::size_t cell = 0; cell < contrast.weights.size() && complete; ++cell) {
      if (contrast.weights[cell] == 0) {
        continue;
      }
      const auto run = cells.find(cell);
      complete = run != cells.end();
      for (std::size_t k = 0; k < cases && complete; ++k) {
        values[k] += contrast.weights[cell] * response.case_values[run->second][k];
      }
    }
    if (complete) {
      seeds.push_back(std::move(values));
    }
  }
  return seeds;
}

ContrastPlace place_of(const Contrast& contrast, const Response& response) {
  return {contrast.name, contrast.at, response.metric, response.region};
}

CaseSummary locate(const ContrastPlace& place, const std::vector<double>& values, double alpha) {
  CaseSummary summary{.place = place, .cases = values.size()};
  summary.mean = mean(values);
  summary.median = median(values);
  summary.median_interval = median_interval(values, alpha);
  if (values.size() >= 5) {
    summary.trimmed = trimmed_mean(values);
    const double half = summary.trimmed.se * t_quantile(1 - alpha / 2, summary.trimmed.df);
    summary.trimmed_interval = {summary.trimmed.mean - half, summary.trimmed.mean + half};
  } else {
    constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
    summary.trimmed = {kNaN, kNaN, kNaN};
  }
  summary.hodges_lehmann = hodges_lehmann(values);
  return summary;
}

/// Contrasts whose stability is looked at.
std::vector<const Contrast*> examined(const Analysis& analysis,
                                      const std::vector<Contrast>& contrasts) {
  std::vector<const Contrast*> wanted;
  for (const Contrast& contrast : contrasts) {
    const bool primary = analysis.options.primary && &contrast == &contrasts.front();
    if ((primary || contrast.order == 2) && is_supported(analysis.data.design, contrast)) {
      wanted.push_back(&contrast);
    }
  }
  return wanted;
}

void flip_signs(Analysis& analysis,
                const Response& response,
                const std::vector<const Contrast*>& contrasts) {
  const RunTable table = analysis.data.table(response);
  const BootstrapOptions options{
      .draws = analysis.options.bootstrap_draws, .seed = 1, .alpha = analysis.options.alpha};
  for (const Contrast* contrast : contrasts) {
    std::vector<double> values;
    for (const SeedContrast& seed : per_seed_contrasts(table, *contrast)) {
      values.push_back(seed.value);
    }
    if (values.size() < 2 || !table.seeds_are_blocks) {
      continue;
    }
    const ContrastPlace place = place_of(*contrast, response);
    analysis.sign_flips.push_back({place,
                                   values.size(),
                                   sign_flip_p(values),
                                   2 * std::pow(0.5, static_cast<double>(values.size()))});
    BootstrapSummary row{.place = place, .target = "seeds", .units = values.size()};
    if (values.size() < kFewestUnits) {
      row.refused = refusal(values.size());
    } else {
      row.draws = options.draws;
      row.result = bootstrap_means({values}, options)[0];
    }
    analysis.bootstraps.push_back(std::move(row));
  }
}

/// Columns that are resampled together, and the rows that wait for their results.
struct Pending {
  std::vector<std::vector<double>> means;                 ///< [column][case]
  std::vector<std::size_t> rows;                          ///< Index into the bootstraps.
  std::vector<std::vector<std::vector<double>>> crossed;  ///< [column][seed][case]
};

/// By units: all contrasts and responses with equal numbers of seeds and cases share their draws.
using PendingByUnits = std::map<std::pair<std::size_t, std::size_t>, Pending>;

void resample_cases(Analysis& analysis,
                    const Response& response,
                    const std::vector<const Contrast*>& contrasts,
                    std::vector<std::vector<double>> columns,
                    PendingByUnits& pending) {
  const std::size_t cases = response.case_values.front().size();
  for (std::size_t i = 0; i < contrasts.size(); ++i) {
    BootstrapSummary row{
        .place = place_of(*contrasts[i], response), .target = "patients", .units = cases};
    if (cases < kFewestUnits) {
      row.refused = refusal(cases);
    } else {
      Pending& group = pending[{0, cases}];
      group.means.push_back(std::move(columns[i]));
      group.rows.push_back(analysis.bootstraps.size());
    }
    analysis.bootstraps.push_back(std::move(row));
  }
}

/// The pigeonhole bootstrap: of the primary contrast, else of the averaged interactions.
void resample_seeds_and_cases(Analysis& analysis,
                              const Response& response,
                              const std::vector<const Contrast*>& contrasts,
                              PendingByUnits& pending) {
  const std::size_t cases = response.case_values.front().size();
  for (std::size_t i = 0; i < contrasts.size(); ++i) {
    const bool wanted = analysis.options.primary ? i == 0 : contrasts[i]->at.empty();
    if (!wanted || !analysis.data.seeds_are_blocks) {
      continue;
    }
    auto column = per_seed_cases(analysis.data, response, *contrasts[i]);
    const std::size_t units = std::min(column.size(), cases);
    BootstrapSummary row{
        .place = place_of(*contrasts[i], response), .target = "both", .units = units};
    if (units < kFewestUnits) {
      row.refused = refusal(units);
    } else {
      Pending& group = pending[{column.size(), cases}];
      group.crossed.push_back(std::move(column));
      group.rows.push_back(analysis.bootstraps.size());
    }
    analysis.bootstraps.push_back(std::move(row));
  }
}

void resample_pending(Analysis& analysis, const PendingByUnits& pending) {
  const BootstrapOptions options{
      .draws = analysis.options.bootstrap_draws, .seed = 1, .alpha = analysis.options.alpha};
  for (const auto& [units, group] : pending) {
    const auto results = group.crossed.empty() ? bootstrap_means(group.means, options)
                                               : bootstrap_crossed_means(group.crossed, options);
    for (std::size_t i = 0; i < group.rows.size(); ++i) {
      analysis.bootstraps[group.rows[i]].draws = options.draws;
      analysis.bootstraps[group.rows[i]].result = results[i];
    }
  }
}

void summarize_tails(Analysis& analysis, const Response& response) {
  const StudyData& data = analysis.data;
  std::vector<std::vector<double>> values(data.design.size());
  for (std::size_t run = 0; run < data.runs.size(); ++run) {
    auto& cell = values[data.runs[run].cell];
    cell.insert(cell.end(), response.case_values[run].begin(), response.case_values[run].end());
  }
  for (std::size_t cell = 0; cell < values.size(); ++cell) {
    std::vector<double>& all = values[cell];
    if (all.size() < 5) {
      continue;
    }
    std::sort(all.begin(), all.end());
    CellTail tail{.cell = cell,
                  .metric = response.metric,
                  .region = response.region,
                  .n = all.size(),
                  .median = sorted_quantile(all, 0.5),
                  .trimmed_mean = trimmed_mean(all).mean,
                  .worst_5_pct = sorted_quantile(all, response.higher_is_better ? 0.05 : 0.95),
                  .failed_pct = std::numeric_limits<double>::quiet_NaN()};
    if (!response.failed_share.empty()) {
      std::vector<double> shares;
      for (std::size_t run = 0; run < data.runs.size(); ++run) {
        if (data.runs[run].cell == cell) {
          shares.push_back(response.failed_share[run]);
        }
      }
      tail.failed_pct = 100 * mean(shares);
    }
    analysis.tails.push_back(tail);
  }
}

}  // namespace

std::vector<double> per_case_contrasts(const StudyData& data,
                                       const Response& response,
                                       const Contrast& contrast) {
  return combine(cell_case_means(data, response), contrast, response.case_values.front().size());
}

void summarize_cases(Analysis& analysis, const std::vector<Contrast>& contrasts) {
  const std::vector<const Contrast*> wanted = examined(analysis, contrasts);
  PendingByUnits pending;
  for (const Response& response : analysis.data.responses) {
    flip_signs(analysis, response, wanted);
    if (response.case_values.empty() || response.case_values.front().size() < 2) {
      continue;
    }
    const auto cells = cell_case_means(analysis.data, response);
    const std::size_t cases = response.case_values.front().size();
    std::vector<std::vector<double>> columns;
    for (const Contrast* contrast : wanted) {
      columns.push_back(combine(cells, *contrast, cases));
      analysis.case_contrasts.push_back(
          locate(place_of(*contrast, response), columns.back(), analysis.options.alpha));
    }
    resample_cases(analysis, response, wanted, std::move(columns), pending);
    resample_seeds_and_cases(analysis, response, wanted, pending);
    summarize_tails(analysis, response);
  }
  resample_pending(analysis, pending);
}

}  // namespace yates::study
