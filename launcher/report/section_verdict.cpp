// SPDX-License-Identifier: Apache-2.0
// The first page: what was asked, what came out, what it is worth.
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/sections.hpp"
#include "launcher/study/primary_contrast.hpp"

namespace yates::report {
namespace {

using study::Analysis;
using study::ContrastSummary;

/// True for the rows of the first table: the declared contrast in all metrics and regions, by the
/// headline method, for the declared target.
bool is_declared(const Analysis& analysis, const ContrastSummary& row) {
  return study::is_primary_contrast(row, analysis.options) && row.headline &&
         row.target == analysis.options.primary->target;
}

/// The verdict of one line, with what is left of it among the secondary ones.
std::string adjusted_verdict(const Analysis& analysis, const ContrastSummary& row) {
  const bool difference =
      row.verdict == study::Verdict::Positive || row.verdict == study::Verdict::Negative;
  return to_string(row.verdict) +
         (difference && row.p_holm >= analysis.options.alpha ? ", not after Holm" : "");
}

Table looks_table(const Analysis& analysis) {
  Table looks{
      .caption =
          "Declared looks: |t| against the bound that spends alpha over all looks. The repeated "
          "interval holds at every look.",
      .text_columns = 0,
      .header = {"seeds", "estimate", "t", "df", "bound", "repeated interval", "decision"},
      .rows = {}};
  if (!analysis.looks) {
    return looks;
  }
  for (const study::LookResult& look : analysis.looks->results) {
    looks.rows.push_back({std::to_string(look.n),
                          signed_number(look.estimate.estimate),
                          signed_number(look.statistic),
                          plain_number(look.estimate.df, 0),
                          plain_number(look.bound),
                          interval_text(look.repeated),
                          look.decision});
  }
  return looks;
}

}  // namespace

Section verdict_section(const Analysis& analysis) {
  Section section{
      .title = "Verdict", .paragraphs = {}, .tables = {}, .figures = {}, .first_page = true};
  if (!analysis.options.primary) {
    return section;
  }
  const study::PrimaryContrast& primary = *analysis.options.primary;
  Table table{
      .caption = fmt::format(
          "{}: the first line is the primary question, the others are secondary (p Holm "
          "among them). {:.0f} % intervals, target: new {}, margin {}.",
          contrast_label(analysis.data.design, primary.contrast, primary.at),
          100 * (1 - analysis.options.alpha),
          primary.target == "both" ? "seeds and patients" : primary.target,
          primary.delta ? "+-" + plain_number(*primary.delta) : "not declared"),
      .text_columns = 1,
      .header = {"response", "estimate", "interval", "df", "p", "p Holm", "n", "MDE", "verdict"},
      .rows = {}};
  std::vector<std::vector<std::string>> secondary;
  for (const ContrastSummary& row : analysis.contrasts) {
    if (!is_declared(analysis, row)) {
      continue;
    }
    std::vector<std::string> cells = {response_label(row.metric, row.region),
                                      signed_number(row.estimate.estimate),
                                      interval_text(row.interval),
                                      plain_number(row.estimate.df, 1),
                                      p_text(row.p),
                                      p_text(row.p_holm),
                                      std::to_string(row.estimate.n),
                                      plain_number(row.mde),
                                      adjusted_verdict(analysis, row)};
    (row.primary ? table.rows : secondary).push_back(std::move(cells));
  }
  table.bold_rows = table.rows.size();
  table.rows.insert(table.rows.end(), secondary.begin(), secondary.end());
  section.tables = {std::move(table), looks_table(analysis)};
  section.figures.push_back({"forest.svg", "Forest plot", forest_figure(analysis)});
  return section;
}

}  // namespace yates::report
