// SPDX-License-Identifier: Apache-2.0
// The effects of a complete part of the design; by Lenth's analysis where its runs are single.
#include <string>
#include <vector>

#include "base/text.hpp"
#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/section_parts.hpp"
#include "launcher/report/sections.hpp"

namespace yates::report {

using study::Analysis;

Section effects_section(const Analysis& analysis) {
  Section section = empty_section("Effects");
  if (analysis.effects.empty()) {
    return section;
  }
  const std::string setting = analysis.data.design.describe(analysis.effects.front().at);
  section.paragraphs.push_back(
      (setting.empty() ? std::string("Over the whole design.")
                       : "In the complete part of the design at " + setting + ".") +
      " Three scales: coded coefficient b (levels -1, +1), effect 2b, interaction scale 2^k b.");
  Table table{.caption = "All effects.",
              .text_columns = 2,
              .header = {"term", "response", "coded", "effect", "interaction"},
              .rows = {}};
  for (const study::EffectSummary& row : analysis.effects) {
    table.rows.push_back({row.effect.term,
                          response_label(row.metric, row.region),
                          signed_number(row.effect.coded, 4),
                          signed_number(row.effect.effect, 4),
                          signed_number(row.effect.interaction, 4)});
  }
  section.tables.push_back(std::move(table));
  section.figures.push_back({"pareto.svg", "Effects by size", pareto_figure(analysis)});
  return section;
}

Section lenth_section(const Analysis& analysis) {
  Section section = empty_section("Unreplicated effects");
  if (analysis.lenth.empty()) {
    return section;
  }
  Table table{
      .caption = "Lenth's analysis: effects beyond ME would be called active, beyond SME surely.",
      .text_columns = 1,
      .header =
          {"response", "PSE", "ME", "SME", "ME by t", "SME by t", "largest |effect|", "active"},
      .rows = {}};
  for (const study::LenthSummary& row : analysis.lenth) {
    const std::vector<std::string> active = row.active();
    table.rows.push_back({response_label(row.metric, row.region),
                          plain_number(row.result.pse, 3),
                          plain_number(row.result.me_simulated, 3),
                          plain_number(row.result.sme_simulated, 3),
                          plain_number(row.result.me, 3),
                          plain_number(row.result.sme, 3),
                          plain_number(row.largest(), 3),
                          active.empty() ? "none" : join(active, ", ")});
  }
  section.tables.push_back(std::move(table));
  section.figures.push_back({"half_normal.svg", "Half-normal plot", half_normal_figure(analysis)});
  return section;
}

}  // namespace yates::report
