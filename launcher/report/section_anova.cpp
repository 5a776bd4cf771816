// SPDX-License-Identifier: Apache-2.0
// Sums of squares of every type, variance components, and the fit of the factorial.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "launcher/report/labels.hpp"
#include "launcher/report/section_parts.hpp"
#include "launcher/report/sections.hpp"

namespace yates::report {

using study::Analysis;

Section variance_section(const Analysis& analysis) {
  Section section = empty_section("Analysis of variance");
  if (!analysis.anova.empty()) {
    Table table{.caption =
                    "Sums of squares (single cases where every run has them, else run means; type "
                    "II where unbalanced). Factors are tested against cell:seed or the residual.",
                .text_columns = 2,
                .header = {"response", "term", "df", "SS", "MS", "F", "p"},
                .rows = {}};
    for (const study::AnovaSummary& summary : analysis.anova) {
      const study::AnovaRow& row = summary.row;
      table.rows.push_back({response_label(summary.metric, summary.region),
                            row.term,
                            plain_number(row.df, 0),
                            plain_number(row.ss, 3),
                            plain_number(row.ms, 3),
                            plain_number(row.f, 2),
                            p_text(row.p)});
    }
    section.tables.push_back(std::move(table));
  }
  if (!analysis.variance.empty()) {
    Table table{.caption = "Variance components (REML).",
                .text_columns = 2,
                .header = {"response", "component", "variance", "SD"},
                .rows = {}};
    for (const study::VarianceSummary& row : analysis.variance) {
      table.rows.push_back({response_label(row.metric, row.region),
                            row.component,
                            plain_number(row.estimate, 4),
                            plain_number(std::sqrt(row.estimate), 3)});
    }
    section.tables.push_back(std::move(table));
  }
  return section;
}

Section squares_section(const Analysis& analysis) {
  Section section = empty_section("Types of sums of squares");
  using Key = std::tuple<std::string, std::string, std::string>;
  constexpr std::array kTypes = {"I", "II", "III", "HC3"};
  std::map<Key, std::size_t> places;
  Table table{
      .caption =
          "F and p of the run means by type of sum of squares, and with a covariance "
          "robust to unequal variances (HC3). Balanced tables have one answer.",
      .text_columns = 2,
      .header =
          {"response", "term", "df", "F (I)", "p", "F (II)", "p", "F (III)", "p", "F (HC3)", "p"},
      .rows = {}};
  Table between{.caption = "Terms between blocks, tested against blocks.",
                .text_columns = 2,
                .header = {"response", "term", "df", "SS", "F", "p"},
                .rows = {}};
  for (const study::AnovaSummary& summary : analysis.anova_types) {
    const study::AnovaRow& row = summary.row;
    const std::string response = response_label(summary.metric, summary.region);
    if (summary.stratum == "seed") {
      between.rows.push_back({response,
                              row.term,
                              plain_number(row.df, 0),
                              plain_number(row.ss, 3),
                              plain_number(row.f),
                              p_text(row.p)});
      continue;
    }
    if (row.term == "total" || row.term == "residual") {
      continue;
    }
    const auto [place, added] =
        places.try_emplace(Key{summary.metric, summary.region, row.term}, table.rows.size());
    if (added) {
      table.rows.emplace_back(table.header.size(), "-");
      table.rows.back()[0] = response;
      table.rows.back()[1] = row.term;
      table.rows.back()[2] = plain_number(row.df, 0);
    }
    const auto type = std::find(kTypes.begin(), kTypes.end(), summary.type) - kTypes.begin();
    const auto column = static_cast<std::size_t>(3 + 2 * type);
    table.rows[place->second][column] = plain_number(row.f);
    table.rows[place->second][column + 1] = p_text(row.p);
  }
  Table fits{
      .caption = "How the full factorial fits the runs.",
      .text_columns = 1,
      .header = {"response", "R2", "adjusted R2", "PRESS", "predicted R2", "residual SD", "df"},
      .rows = {}};
  for (const study::FitSummary& row : analysis.fits) {
    fits.rows.push_back({response_label(row.metric, row.region),
                         plain_number(row.fit.r_squared, 3),
                         plain_number(row.fit.adjusted_r_squared, 3),
                         plain_number(row.fit.press),
                         plain_number(row.fit.predicted_r_squared, 3),
                         plain_number(row.fit.residual_sd, 3),
                         plain_number(row.fit.residual_df, 0)});
  }
  section.tables = {std::move(table), std::move(between), std::move(fits)};
  return section;
}

}  // namespace yates::report
