// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/analysis_anova.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace yates::study {
namespace {

bool is_replicated(const Analysis& analysis) {
  return analysis.data.runs.size() > analysis.data.design.run_count();
}

bool is_error_line(const std::string& term) {
  return term == "seed" || term == "residual" || term == "total";
}

/// Shares of the total, and of what is left with the error a term is tested against.
AnovaSummary with_shares(AnovaSummary summary, double error, double total) {
  const AnovaRow& row = summary.row;
  if (total > 0 && row.term != "total") {
    summary.share_pct = 100 * row.ss / total;
  }
  if (row.df > 0 && row.ss + error > 0 && !is_error_line(row.term)) {
    summary.partial_eta_squared = row.ss / (row.ss + error);
  }
  return summary;
}

double squares_of(const std::vector<AnovaRow>& rows, const std::string& term) {
  const auto row = std::find_if(
      rows.begin(), rows.end(), [&](const AnovaRow& entry) { return entry.term == term; });
  return row == rows.end() ? 0 : row->ss;
}

void add_rows(std::vector<AnovaSummary>& list,
              const Response& response,
              const std::vector<AnovaRow>& rows,
              const std::string& type,
              const std::string& stratum = "residual") {
  const double error = squares_of(rows, "residual");
  const double total = squares_of(rows, "total");
  for (const AnovaRow& row : rows) {
    list.push_back(
        with_shares({response.metric, response.region, row, type, stratum}, error, total));
  }
}

/// Terms that have no comparison within blocks.
void report_confounded(Analysis& analysis,
                       const std::vector<AnovaRow>& within,
                       const std::vector<AnovaRow>& between) {
  for (const AnovaRow& row : within) {
    const bool known = std::any_of(
        analysis.not_estimable.begin(), analysis.not_estimable.end(), [&](const NotEstimable& e) {
          return e.term == row.term && e.at.empty();
        });
    const bool differs = std::any_of(between.begin(), between.end(), [&](const AnovaRow& entry) {
      return entry.term == row.term;
    });
    if (row.df == 0 && differs && !known && !is_error_line(row.term)) {
      analysis.not_estimable.push_back(
          {.term = row.term,
           .at = {},
           .why = "confounded with blocks: within a block it is constant, so only a comparison "
                  "of whole blocks tells anything about it",
           .add = {}});
    }
  }
}

}  // namespace

void summarize_anova(Analysis& analysis, const Response& response, const CrossedModel* model) {
  if (!is_replicated(analysis)) {
    return;
  }
  const RunTable table = analysis.data.table(response);
  auto rows = factorial_anova(analysis.data.design, table, SquaresType::II, table.seeds_are_blocks);
  if (model == nullptr || model->strata().empty()) {
    add_rows(analysis.anova, response, rows, "II");
    return;
  }
  const auto cases = static_cast<double>(response.case_values.front().size());
  const double error = squares_of(model->strata(), "cell:seed");
  const double total = squares_of(model->strata(), "total");
  for (AnovaRow row : rows) {
    if (!is_error_line(row.term)) {
      row.ss *= cases;
      row.ms *= cases;
      analysis.anova.push_back(
          with_shares({response.metric, response.region, row, "II", "cell:seed"}, error, total));
    }
  }
  for (const AnovaRow& row : model->strata()) {
    AnovaSummary line = with_shares({response.metric, response.region, row, "I", ""}, 0, total);
    line.partial_eta_squared = std::numeric_limits<double>::quiet_NaN();
    analysis.anova.push_back(std::move(line));
  }
}

void summarize_anova_types(Analysis& analysis, const Response& response) {
  if (!is_replicated(analysis)) {
    return;
  }
  const Design& design = analysis.data.design;
  const RunTable table = analysis.data.table(response);
  const bool blocks = table.seeds_are_blocks;
  const std::pair<SquaresType, const char*> types[] = {
      {SquaresType::I, "I"}, {SquaresType::II, "II"}, {SquaresType::III, "III"}};
  std::vector<AnovaRow> within;
  for (const auto& [type, name] : types) {
    within = factorial_anova(design, table, type, blocks);
    add_rows(analysis.anova_types, response, within, name);
  }
  add_rows(analysis.anova_types,
           response,
           robust_anova(design, table, RobustCovariance::HC3, blocks),
           "HC3");
  if (blocks) {
    const auto between = between_block_anova(design, table);
    add_rows(analysis.anova_types, response, between, "I", "seed");
    report_confounded(analysis, within, between);
  }
  analysis.fits.push_back({response.metric, response.region, factorial_fit(design, table, blocks)});
}

}  // namespace yates::study
