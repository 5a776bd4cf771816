// SPDX-License-Identifier: Apache-2.0
// What the study could have found, and what further seeds would find.
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "launcher/report/figure_power.hpp"
#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/section_parts.hpp"
#include "launcher/report/sections.hpp"
#include "launcher/study/power_plan.hpp"

namespace yates::report {
namespace {

using study::Analysis;
using study::ContrastSummary;

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

Section worth_section(const Analysis& analysis) {
  Section section = empty_section("What this study could find");
  Table table{.caption =
                  "Were the assumed effect true (the declared margin, else the estimate "
                  "itself): the power to find it, the risk that a significant result has the "
                  "wrong sign (type S), and by what factor it would exaggerate (type M).",
              .text_columns = 3,
              .header = {"contrast",
                         "response",
                         "target",
                         "detectable with " + fmt::format("{:.0f}%", 100 * analysis.options.power),
                         "assumed effect",
                         "power",
                         "type S",
                         "type M"},
              .rows = {}};
  for (const ContrastSummary& row : analysis.contrasts) {
    if (!is_shown(analysis, row) || std::isnan(row.assumed_effect)) {
      continue;
    }
    table.rows.push_back({contrast_label(analysis.data.design, row.name, row.at),
                          response_label(row.metric, row.region),
                          row.target,
                          plain_number(row.mde),
                          plain_number(row.assumed_effect),
                          plain_number(row.errors.power),
                          plain_number(row.errors.wrong_sign, 3),
                          plain_number(row.errors.exaggeration)});
  }
  section.tables.push_back(std::move(table));
  return section;
}

Section power_section(const Analysis& analysis) {
  Section section = empty_section("Power of a further wave");
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
  section.figures.push_back(
      {"power.svg", "Power by number of seeds", power_figure(plan, effect_unit(row->metric))});
  return section;
}

}  // namespace yates::report
