// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/document.hpp"

#include <utility>

#include <fmt/format.h>

#include "launcher/report/conclusion.hpp"
#include "launcher/report/section_parts.hpp"
#include "launcher/report/sections.hpp"

namespace yates::report {
namespace {

using study::Analysis;

Section provenance_section(const Analysis& analysis, const Provenance& provenance) {
  Section section = empty_section("Provenance");
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
