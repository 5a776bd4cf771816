// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/verdict_sections.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "launcher/report/figure_power.hpp"
#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/study/analysis_contrasts.hpp"
#include "launcher/study/power_plan.hpp"

namespace yates::report {
namespace {

using study::Analysis;
using study::ContrastSummary;

std::string sample(const Analysis& analysis, const ContrastSummary& row) {
  return fmt::format(
      "n = {} {}", row.estimate.n, analysis.data.seeds_are_blocks ? "seeds" : "replicates");
}

std::string primary_sentence(const Analysis& analysis, const ContrastSummary& row) {
  return fmt::format("{} on {}: {} {}, {} ({}; {}, p {}).",
                     contrast_label(analysis.data.design, row.name, row.at),
                     response_label(row.metric, row.region),
                     signed_number(row.estimate.estimate),
                     interval_text(row.interval),
                     to_string(row.verdict),
                     method_label(row.estimate.method),
                     sample(analysis, row),
                     (row.p < 0.001 ? "" : "= ") + p_text(row.p));
}

std::string explain_verdict(const Analysis& analysis, const ContrastSummary& row) {
  const std::string mde = fmt::format("With {} it finds an effect of {} with probability {:.0f} %.",
                                      sample(analysis, row),
                                      plain_number(row.mde),
                                      100 * analysis.options.power);
  switch (row.verdict) {
    case study::Verdict::Positive:
      return "Positive: the effect is there and is an improvement. " + mde;
    case study::Verdict::Negative:
      return "Negative: the effect is there and makes it worse. " + mde;
    case study::Verdict::Equivalent:
      return "Equivalent: the effect, if any, lies within the margin. " + mde;
    case study::Verdict::Inconclusive: break;
  }
  return "Inconclusive: neither an effect nor its absence is shown. " + mde;
}

/// What the looks of a sequential study say; they decide the verdict.
std::string looks_sentence(const study::Looks& looks) {
  if (looks.results.empty()) {
    return "No declared look is reached yet.";
  }
  const study::LookResult& last = looks.results.back();
  if (std::isnan(last.bound)) {
    return fmt::format(
        "Sequential study: {} seeds are no declared look, so no bound holds here; |t| = {}.",
        last.n,
        plain_number(std::abs(last.statistic)));
  }
  return fmt::format(
      "Sequential study, look at {} seeds: |t| = {}, bound {}: {}. Repeated interval {}.",
      last.n,
      plain_number(std::abs(last.statistic)),
      plain_number(last.bound),
      last.decision,
      interval_text(last.repeated));
}

bool single_runs(const Analysis& analysis) {
  return std::all_of(
      analysis.cells.begin(), analysis.cells.end(), [](const auto& cell) { return cell.n == 1; });
}

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

/// The standard deviation that the headline method goes by, from the cells of the contrast.
std::optional<study::RunSigma> sigma_of(const Analysis& analysis,
                                        const study::Contrast& contrast,
                                        study::Method method) {
  const study::RunTable table = analysis.data.table(shown_response(analysis));
  std::vector<std::size_t> own;
  for (std::size_t cell = 0; cell < contrast.weights.size(); ++cell) {
    if (contrast.weights[cell] != 0) {
      own.push_back(cell);
    }
  }
  auto sigma = method == study::Method::Blocked || method == study::Method::PerSeedT
                   ? study::sigma_within_seeds(table, own)
                   : study::sigma_within_cells(table, own);
  if (!sigma || !(sigma->value > 0)) {
    return std::nullopt;
  }
  sigma->source = "these runs";
  return sigma;
}

}  // namespace

std::vector<std::string> conclusion(const Analysis& analysis) {
  if (const ContrastSummary* primary = analysis.primary();
      primary != nullptr && primary->estimate.method != study::Method::None) {
    std::vector<std::string> sentences = {primary_sentence(analysis, *primary)};
    if (analysis.looks) {
      sentences.push_back(looks_sentence(*analysis.looks));
    }
    sentences.push_back(explain_verdict(analysis, *primary));
    return sentences;
  }
  if (single_runs(analysis) && analysis.options.noise.empty()) {
    return {
        "One run per cell: effects can be computed, their uncertainty cannot. No interval is "
        "given, and nothing is "
        "concluded about new runs."};
  }
  if (single_runs(analysis)) {
    return {
        "One run per cell; intervals use a run-to-run standard deviation known from elsewhere."};
  }
  return {"No primary contrast was declared before the data: everything below is exploration."};
}

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

Section primary_section(const Analysis& analysis) {
  Section section{
      .title = "Primary contrast by every method", .paragraphs = {}, .tables = {}, .figures = {}};
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

Section power_section(const Analysis& analysis) {
  Section section{
      .title = "Power of a further wave", .paragraphs = {}, .tables = {}, .figures = {}};
  const ContrastSummary* row = analysis.primary();
  if (row == nullptr || row->estimate.n < 2) {
    return section;
  }
  const study::StudySpec spec{.factors = analysis.data.design.factors(),
                              .primary = analysis.options.primary};
  study::PowerQuestion question = study::power_question(spec);
  question.all_cells = analysis.data.design.run_count();
  question.seeds = static_cast<std::int64_t>(row->estimate.n);
  question.power = analysis.options.power;
  const study::Contrast contrast = study::parse_contrast(
      analysis.data.design, analysis.options.primary->contrast, analysis.options.primary->at);
  const auto sigma =
      sigma_of(analysis, contrast, study::planned_replication(question, question.seeds).method);
  if (!sigma) {
    return section;
  }
  const study::PowerPlan plan = study::plan_power(question, *sigma);
  section.paragraphs.push_back(fmt::format(
      "SD of a run {} ({:.0f} df), 95 % interval {} to {}. To find {} with probability {:.0f} %: "
      "{} "
      "seeds per arm at this SD, {} at its 80 % upper bound {}.",
      plain_number(sigma->value),
      sigma->df,
      plain_number(plan.sigma_interval.low),
      plain_number(plan.sigma_interval.high),
      plain_number(question.effect),
      100 * question.power,
      plan.seeds_needed ? std::to_string(*plan.seeds_needed) : "more than 10000",
      plan.seeds_needed_careful ? std::to_string(*plan.seeds_needed_careful) : "more than 10000",
      plain_number(plan.sigma_upper)));
  Table table{.caption =
                  "Power and smallest detectable effect by seeds per arm; careful: at the "
                  "upper bound of the SD.",
              .text_columns = 0,
              .header = {"seeds", "power %", "careful %", "MDE", "careful MDE"},
              .rows = {}};
  for (std::size_t i = 0; i < plan.rows.size(); ++i) {
    table.rows.push_back({std::to_string(plan.rows[i].n),
                          plain_number(100 * plan.rows[i].power, 0),
                          plain_number(100 * plan.careful[i].power, 0),
                          plain_number(plan.rows[i].mde),
                          plain_number(plan.careful[i].mde)});
  }
  section.tables.push_back(std::move(table));
  const std::string unit = row->metric == "dice"      ? "Dice points"
                           : row->metric == "hd95_mm" ? "mm"
                                                      : row->metric;
  section.figures.push_back({"power.svg", "Power by number of seeds", power_figure(plan, unit)});
  return section;
}

}  // namespace yates::report
