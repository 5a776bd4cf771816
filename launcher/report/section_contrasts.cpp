// SPDX-License-Identifier: Apache-2.0
// Contrasts by every method: the declared one, and all two-factor interactions.
#include <string>
#include <vector>

#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/section_parts.hpp"
#include "launcher/report/sections.hpp"
#include "launcher/study/primary_contrast.hpp"

namespace yates::report {
namespace {

using study::Analysis;
using study::ContrastSummary;

/// The columns of a table of contrasts.
std::vector<std::string> contrast_header() {
  return {"contrast",
          "response",
          "target",
          "method",
          "estimate",
          "SE",
          "df",
          "interval",
          "p",
          "p Holm",
          "p TOST",
          "MDE",
          "n",
          "verdict"};
}

/// One row of it.
std::vector<std::string> contrast_cells(const Analysis& analysis, const ContrastSummary& row) {
  return {contrast_label(analysis.data.design, row.name, row.at),
          response_label(row.metric, row.region),
          row.target,
          method_label(row.estimate.method),
          signed_number(row.estimate.estimate),
          plain_number(row.estimate.se),
          plain_number(row.estimate.df, 1),
          interval_text(row.interval),
          p_text(row.p),
          p_text(row.p_holm),
          p_text(row.tost_p),
          plain_number(row.mde),
          std::to_string(row.estimate.n),
          to_string(row.verdict)};
}

}  // namespace

Section primary_section(const Analysis& analysis) {
  Section section = empty_section("Primary contrast by every method");
  if (!analysis.options.primary) {
    return section;
  }
  Table table{.caption = "By every method and target that applies; the declared one decides.",
              .text_columns = 4,
              .header = contrast_header(),
              .rows = {}};
  const study::PrimaryContrast& primary = *analysis.options.primary;
  for (const ContrastSummary& row : analysis.contrasts) {
    if (study::is_primary_contrast(row, analysis.options) &&
        study::same_metric(row.metric, primary.metric) && row.region == primary.region) {
      table.rows.push_back(contrast_cells(analysis, row));
      table.rows.back()[0] += row.primary ? " (primary)" : "";
    }
  }
  section.tables.push_back(std::move(table));
  return section;
}

Section contrasts_section(const Analysis& analysis) {
  Section section = empty_section("Two-factor interactions");
  section.paragraphs.push_back(
      "An interaction is a difference of differences of cell means (I, four times the coded "
      "coefficient), at the given levels "
      "or averaged over the factors not named. Exploratory: p Holm is adjusted within each "
      "response. All orders and methods "
      "are in effects.csv.");
  Table table{.caption = "Headline method per contrast.",
              .text_columns = 4,
              .header = contrast_header(),
              .rows = {}};
  for (const ContrastSummary& row : analysis.contrasts) {
    if (row.order == 2 && row.headline && row.target == "seeds" &&
        !study::is_primary_contrast(row, analysis.options)) {
      table.rows.push_back(contrast_cells(analysis, row));
    }
  }
  section.tables.push_back(std::move(table));
  if (!analysis.options.primary) {
    section.figures.push_back({"forest.svg", "Forest plot", forest_figure(analysis)});
  }
  return section;
}

}  // namespace yates::report
