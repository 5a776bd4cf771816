// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/document.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/report/figures.hpp"
#include "launcher/report/inference_sections.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/verdict_sections.hpp"
#include "launcher/study/analysis_contrasts.hpp"

namespace yates::report {
namespace {

using study::Analysis;
using study::ContrastSummary;

Section design_section(const Analysis& analysis) {
  const study::Design& design = analysis.data.design;
  Section section{.title = "Design", .paragraphs = {}, .tables = {}, .figures = {}};
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
  Section section{.title = "Not estimable", .paragraphs = {}, .tables = {}, .figures = {}};
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
  Section section{.title = "Cells", .paragraphs = {}, .tables = {}, .figures = {}};
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

Section contrasts_section(const Analysis& analysis) {
  Section section{
      .title = "Two-factor interactions", .paragraphs = {}, .tables = {}, .figures = {}};
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

Section effects_section(const Analysis& analysis) {
  Section section{.title = "Effects", .paragraphs = {}, .tables = {}, .figures = {}};
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
  Section section{.title = "Unreplicated effects", .paragraphs = {}, .tables = {}, .figures = {}};
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
    double largest = 0;
    std::vector<std::string> active;
    for (const study::FactorialEffect& effect : row.effects) {
      largest = std::max(largest, std::abs(effect.effect));
      if (std::abs(effect.effect) > row.result.me_simulated) {
        active.push_back(effect.term);
      }
    }
    table.rows.push_back({response_label(row.metric, row.region),
                          plain_number(row.result.pse, 3),
                          plain_number(row.result.me_simulated, 3),
                          plain_number(row.result.sme_simulated, 3),
                          plain_number(row.result.me, 3),
                          plain_number(row.result.sme, 3),
                          plain_number(largest, 3),
                          active.empty() ? "none" : join(active, ", ")});
  }
  section.tables.push_back(std::move(table));
  section.figures.push_back({"half_normal.svg", "Half-normal plot", half_normal_figure(analysis)});
  return section;
}

Section variance_section(const Analysis& analysis) {
  Section section{.title = "Analysis of variance", .paragraphs = {}, .tables = {}, .figures = {}};
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

Section diagnostics_section(const Analysis& analysis) {
  Section section{.title = "Diagnostics", .paragraphs = {}, .tables = {}, .figures = {}};
  Table modes{.caption =
                  "Groups of runs separated by gaps; a bimodality coefficient above 0.555 hints at "
                  "two modes.",
              .text_columns = 1,
              .header = {"response", "groups (n)", "bimodality", "collapsed or diverged"},
              .rows = {}};
  for (const study::ModeSummary& row : analysis.modes) {
    std::vector<std::string> groups;
    for (const study::Cluster& cluster : row.clusters) {
      groups.push_back(fmt::format(
          "{}..{} ({})", plain_number(cluster.low), plain_number(cluster.high), cluster.n));
    }
    modes.rows.push_back({response_label(row.metric, row.region),
                          join(groups, " | "),
                          plain_number(row.bimodality),
                          std::to_string(row.collapsed_runs.size())});
  }
  section.tables.push_back(std::move(modes));
  section.figures.push_back(
      {"waterfall.svg", "Primary contrast case by case", waterfall_figure(analysis)});
  section.figures.push_back(
      {"residuals.svg", "Normal plot of residuals", residual_figure(analysis)});
  using Key = std::tuple<std::string, std::string>;
  std::map<Key, std::pair<const study::LeaveOneOut*, const study::LeaveOneOut*>> ranges;
  for (const study::LeaveOneOut& row : analysis.leave_one_out) {
    auto& [low, high] = ranges[{contrast_label(analysis.data.design, row.contrast, row.at),
                                response_label(row.metric, row.region)}];
    low = low == nullptr || row.estimate < low->estimate ? &row : low;
    high = high == nullptr || row.estimate > high->estimate ? &row : high;
  }
  Table loo{.caption = "The estimate without one run: its range, and the runs at the ends.",
            .text_columns = 2,
            .header = {"contrast", "response", "lowest", "without", "highest", "without"},
            .rows = {}};
  for (const auto& [key, range] : ranges) {
    loo.rows.push_back({std::get<0>(key),
                        std::get<1>(key),
                        signed_number(range.first->estimate),
                        analysis.data.run_name(range.first->run),
                        signed_number(range.second->estimate),
                        analysis.data.run_name(range.second->run)});
  }
  if (!loo.rows.empty()) {
    section.tables.push_back(std::move(loo));
  }
  return section;
}

Section provenance_section(const Analysis& analysis, const Provenance& provenance) {
  Section section{.title = "Provenance", .paragraphs = {}, .tables = {}, .figures = {}};
  section.paragraphs.push_back(
      fmt::format("yates {}; alpha {}; metric convention {}.",
                  provenance.version,
                  analysis.options.alpha,
                  analysis.data.convention.empty() ? "not stated" : analysis.data.convention));
  if (provenance.registration.is_object()) {
    const Json& record = provenance.registration;
    const Json& date = record.at("registered");
    section.paragraphs.push_back(fmt::format(
        "Analysis and design {}, hash {}, {} amendments.",
        date.is_null() ? "never registered, only planned" : "registered " + date.get<std::string>(),
        record.at("hash").get<std::string>(),
        record.at("amendments").size()));
  } else if (analysis.options.primary && provenance.of_study) {
    section.paragraphs.push_back("The analysis was not registered (yates study register).");
  }
  Table table{.caption = "Inputs.", .text_columns = 2, .header = {"file", "SHA-256"}, .rows = {}};
  for (const auto& [file, sha256] : provenance.inputs) {
    table.rows.push_back({file, sha256});
  }
  section.tables.push_back(std::move(table));
  return section;
}

}  // namespace

Document make_document(const Analysis& analysis, const Provenance& provenance) {
  Document document{.title = provenance.title, .lead = conclusion(analysis), .sections = {}};
  for (std::string& sentence : single_run_sentences(analysis)) {
    document.lead.push_back(std::move(sentence));
  }
  document.stamps = provenance.stamps;
  std::vector<Section> sections = {verdict_section(analysis),
                                   design_section(analysis),
                                   not_estimable_section(analysis),
                                   cells_section(analysis),
                                   primary_section(analysis),
                                   targets_section(analysis),
                                   contrasts_section(analysis),
                                   effects_section(analysis),
                                   lenth_section(analysis),
                                   variance_section(analysis),
                                   squares_section(analysis),
                                   tails_section(analysis),
                                   sensitivity_section(analysis),
                                   resampling_section(analysis),
                                   multiplicity_section(analysis),
                                   diagnostics_section(analysis),
                                   worth_section(analysis),
                                   power_section(analysis),
                                   provenance_section(analysis, provenance)};
  for (Section& section : sections) {
    std::erase_if(section.figures, [](const Figure& figure) { return figure.svg.empty(); });
    std::erase_if(section.tables, [](const Table& table) { return table.rows.empty(); });
    if (!section.tables.empty() || !section.figures.empty()) {
      document.sections.push_back(std::move(section));
    }
  }
  if (!analysis.warnings.empty()) {
    const auto place = document.sections.begin() + (analysis.options.primary ? 1 : 0);
    document.sections.insert(
        place, {.title = "Warnings", .paragraphs = analysis.warnings, .tables = {}, .figures = {}});
  }
  return document;
}

}  // namespace yates::report
