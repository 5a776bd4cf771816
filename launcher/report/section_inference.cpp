// SPDX-License-Identifier: Apache-2.0
// How far the conclusions carry: targets, other analyses, multiplicity.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "launcher/report/labels.hpp"
#include "launcher/report/section_parts.hpp"
#include "launcher/report/sections.hpp"

namespace yates::report {
namespace {

using study::Analysis;
using study::ContrastSummary;

std::string with_interval(const ContrastSummary& row) {
  return fmt::format("{} {}", signed_number(row.estimate.estimate), interval_text(row.interval));
}

}  // namespace

Section targets_section(const Analysis& analysis) {
  Section section = empty_section("Three targets");
  constexpr std::array kTargets = {"seeds", "patients", "both"};
  using Key = std::tuple<std::string, study::Levels, std::string, std::string>;
  std::map<Key, std::size_t> places;
  Table table{.caption = "Estimate, interval and p by what would be new.",
              .text_columns = 2,
              .header = {"contrast",
                         "response",
                         "new seeds, these cases",
                         "p",
                         "these checkpoints, new patients",
                         "p",
                         "both new",
                         "p"},
              .rows = {}};
  bool several = false;
  for (const ContrastSummary& row : analysis.contrasts) {
    if (!is_shown(analysis, row)) {
      continue;
    }
    const auto [place, added] =
        places.try_emplace(Key{row.name, row.at, row.metric, row.region}, table.rows.size());
    if (added) {
      table.rows.emplace_back(table.header.size(), "-");
      table.rows.back()[0] = contrast_label(analysis.data.design, row.name, row.at);
      table.rows.back()[1] = response_label(row.metric, row.region);
    }
    const auto target = std::find(kTargets.begin(), kTargets.end(), row.target);
    const auto column = static_cast<std::size_t>(2 + 2 * (target - kTargets.begin()));
    table.rows[place->second][column] = with_interval(row);
    table.rows[place->second][column + 1] = p_text(row.p);
    several = several || row.target != "seeds";
  }
  if (several) {
    section.paragraphs.push_back(
        "Three questions, three errors. New seeds: would other trainings of these arms show it on "
        "these cases? New patients: would these very checkpoints show it on other cases, which "
        "says nothing about training again. Both: other trainings on other cases.");
    section.tables.push_back(std::move(table));
  }
  return section;
}

Section sensitivity_section(const Analysis& analysis) {
  Section section = empty_section("Sensitivity");
  Table table{.caption = "The headline analysed in other ways.",
              .text_columns = 4,
              .header = {"analysis",
                         "contrast",
                         "response",
                         "method",
                         "estimate",
                         "SE",
                         "df",
                         "interval",
                         "p",
                         "n",
                         "verdict"},
              .rows = {}};
  for (const study::SensitivitySummary& row : analysis.sensitivity) {
    const bool logs = row.analysis == "log1p";
    const std::string name = row.analysis == "without_collapsed"
                                 ? "without collapsed and diverged runs"
                             : logs ? "mean of log(1 + mm)"
                                    : "convention " + row.analysis;
    const int decimals = logs ? 4 : 2;
    table.rows.push_back({name,
                          place_label(analysis, row.place),
                          place_response(row.place),
                          method_label(row.estimate.method),
                          signed_number(row.estimate.estimate, decimals),
                          plain_number(row.estimate.se, decimals),
                          plain_number(row.estimate.df, 1),
                          interval_text(row.interval, decimals),
                          p_text(row.p),
                          std::to_string(row.estimate.n),
                          to_string(row.verdict)});
  }
  section.tables.push_back(std::move(table));
  return section;
}

Section multiplicity_section(const Analysis& analysis) {
  Section section = empty_section("Multiplicity");
  Table table{
      .caption =
          "Families: the primary contrast alone; the same contrast in the other "
          "metrics and regions; every other contrast with those of its order and "
          "response. Holm, Hochberg and the simultaneous (Bonferroni) interval guard "
          "against any false positive, BH and BY bound their share.",
      .text_columns = 2,
      .header =
          {"contrast", "response", "p", "Holm", "Hochberg", "BH", "BY", "simultaneous interval"},
      .rows = {}};
  for (const ContrastSummary& row : analysis.contrasts) {
    if (is_shown(analysis, row) && row.target == "seeds") {
      table.rows.push_back({contrast_label(analysis.data.design, row.name, row.at),
                            response_label(row.metric, row.region),
                            p_text(row.p),
                            p_text(row.p_holm),
                            p_text(row.p_hochberg),
                            p_text(row.p_bh),
                            p_text(row.p_by),
                            interval_text(row.simultaneous)});
    }
  }
  section.tables.push_back(std::move(table));
  return section;
}

}  // namespace yates::report
