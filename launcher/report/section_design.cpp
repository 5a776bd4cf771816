// SPDX-License-Identifier: Apache-2.0
// What was run: the cells of the design, what they cannot tell, and the means of each.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/section_parts.hpp"
#include "launcher/report/sections.hpp"

namespace yates::report {

using study::Analysis;

Section design_section(const Analysis& analysis) {
  const study::Design& design = analysis.data.design;
  Section section = empty_section("Design");
  section.paragraphs.push_back(fmt::format("{} of {} cells were run, {} runs.",
                                           design.run_count(),
                                           design.size(),
                                           analysis.data.runs.size()));
  Table table{
      .caption =
          "Runs per cell; a dash marks cells that were not run, * runs that collapsed or diverged.",
      .text_columns = design.factors().size(),
      .header = {},
      .rows = {}};
  for (const study::Factor& factor : design.factors()) {
    table.header.push_back(factor.name);
  }
  table.header.insert(table.header.end(),
                      {"n", analysis.data.seeds_are_blocks ? "seeds" : "replicates"});
  for (std::size_t cell = 0; cell < design.size(); ++cell) {
    std::vector<std::string> row;
    for (std::size_t f = 0; f < design.factors().size(); ++f) {
      row.push_back(design.factors()[f].levels[design.level(cell, f)]);
    }
    std::vector<std::string> seeds;
    for (const study::RunRecord& run : analysis.data.runs) {
      if (run.cell == cell) {
        seeds.push_back(std::to_string(run.seed) + (run.status == "ok" ? "" : "*"));
      }
    }
    row.push_back(seeds.empty() ? "-" : std::to_string(seeds.size()));
    row.push_back(seeds.empty() ? "-" : join(seeds, " "));
    table.rows.push_back(std::move(row));
  }
  section.tables.push_back(std::move(table));
  if (!analysis.aliases.empty()) {
    section.paragraphs.push_back(
        "Not every effect can be told apart. Aliases: " + join(analysis.aliases, "; ") + ".");
    section.paragraphs.push_back(
        "Estimable without assumptions: " + join(analysis.estimable, ", ") + ".");
  }
  return section;
}

Section not_estimable_section(const Analysis& analysis) {
  Section section = empty_section("Not estimable");
  Table table{
      .caption =
          "Two-factor interactions that the cells do not carry, and the fewest cells to add.",
      .text_columns = 3,
      .header = {"term", "why", "cells to add"},
      .rows = {}};
  for (const study::NotEstimable& entry : analysis.not_estimable) {
    std::vector<std::string> added;
    for (const study::Levels& cell : entry.add) {
      added.push_back("(" + analysis.data.design.describe(cell) + ")");
    }
    if (std::count(entry.term.begin(), entry.term.end(), ':') == 1 && added.size() <= 2) {
      table.rows.push_back({contrast_label(analysis.data.design, entry.term, entry.at),
                            entry.why,
                            join(added, " ")});
    }
  }
  if (!table.rows.empty()) {
    section.tables.push_back(std::move(table));
  }
  return section;
}

Section cells_section(const Analysis& analysis) {
  const study::Design& design = analysis.data.design;
  Section section = empty_section("Cells");
  Table table{.caption = "Mean +- standard deviation between runs (n runs).",
              .text_columns = 1,
              .header = {"cell"},
              .rows = {}};
  std::map<std::size_t, std::vector<std::string>> rows;
  for (const study::Response& response : analysis.data.responses) {
    table.header.push_back(response_label(response.metric, response.region));
  }
  for (const study::CellSummary& cell : analysis.cells) {
    auto& row = rows[cell.cell];
    if (row.empty()) {
      row.push_back(design.describe(design.levels(cell.cell)));
    }
    row.push_back(
        cell.n == 1
            ? plain_number(cell.mean) + " (1)"
            : fmt::format("{} +- {} ({})", plain_number(cell.mean), plain_number(cell.sd), cell.n));
  }
  for (auto& row : rows) {
    table.rows.push_back(std::move(row.second));
  }
  section.tables.push_back(std::move(table));
  section.figures.push_back({"interaction.svg", "Interaction plot", interaction_figure(analysis)});
  section.figures.push_back({"runs.svg", "Every run", strip_figure(analysis)});
  section.figures.push_back({"cells.svg", "Cell means", heat_map_figure(analysis)});
  return section;
}

}  // namespace yates::report
