// SPDX-License-Identifier: Apache-2.0
// Single cases and their tails; what resampling says.
#include <string>
#include <utility>

#include <fmt/format.h>

#include "launcher/report/labels.hpp"
#include "launcher/report/section_parts.hpp"
#include "launcher/report/sections.hpp"

namespace yates::report {

using study::Analysis;

Section tails_section(const Analysis& analysis) {
  Section section = empty_section("Cases and their tails");
  Table contrasts{.caption =
                      "The contrast of single cases, averaged over the runs of each cell: "
                      "where the mean is led by a few cases, the others differ from it.",
                  .text_columns = 2,
                  .header = {"contrast",
                             "response",
                             "cases",
                             "mean",
                             "median",
                             "interval",
                             "20% trimmed",
                             "interval",
                             "Hodges-Lehmann"},
                  .rows = {}};
  for (const study::CaseSummary& row : analysis.case_contrasts) {
    if (is_chosen(analysis, row.place)) {
      contrasts.rows.push_back({place_label(analysis, row.place),
                                place_response(row.place),
                                std::to_string(row.cases),
                                signed_number(row.mean),
                                signed_number(row.median),
                                interval_text(row.median_interval),
                                signed_number(row.trimmed.mean),
                                interval_text(row.trimmed_interval),
                                signed_number(row.hodges_lehmann)});
    }
  }
  Table cells{
      .caption = "All values of a cell (runs x cases). Failed: HD95 above 20 mm or undefined.",
      .text_columns = 2,
      .header = {"cell",
                 "response",
                 "values",
                 "median",
                 "20% trimmed mean",
                 "worst 5% begin at",
                 "failed %"},
      .rows = {}};
  for (const study::CellTail& row : analysis.tails) {
    cells.rows.push_back({analysis.data.design.describe(analysis.data.design.levels(row.cell)),
                          response_label(row.metric, row.region),
                          std::to_string(row.n),
                          plain_number(row.median),
                          plain_number(row.trimmed_mean),
                          plain_number(row.worst_5_pct),
                          plain_number(row.failed_pct, 1)});
  }
  section.tables = {std::move(contrasts), std::move(cells)};
  return section;
}

Section resampling_section(const Analysis& analysis) {
  Section section = empty_section("Resampling");
  Table table{.caption =
                  "Bootstrap intervals. Cases are resampled jointly over cells and seeds, "
                  "seeds jointly over cells.",
              .text_columns = 3,
              .header = {"contrast",
                         "response",
                         "resampled",
                         "units",
                         "draws",
                         "estimate",
                         "SE",
                         "percentile",
                         "BCa"},
              .rows = {}};
  std::string refused;
  for (const study::BootstrapSummary& row : analysis.bootstraps) {
    if (!is_chosen(analysis, row.place)) {
      continue;
    }
    const std::string units = row.target == "patients" ? "cases"
                              : row.target == "both"   ? "seeds and cases"
                                                       : "seeds";
    if (!row.refused.empty()) {
      refused = fmt::format("No bootstrap over {}: {}.", units, row.refused);
      continue;
    }
    table.rows.push_back({place_label(analysis, row.place),
                          place_response(row.place),
                          units,
                          std::to_string(row.units),
                          std::to_string(row.draws),
                          signed_number(row.result.estimate),
                          plain_number(row.result.se),
                          interval_text(row.result.percentile),
                          interval_text(row.result.bca)});
  }
  if (!refused.empty()) {
    section.paragraphs.push_back(refused);
  }
  Table flips{.caption =
                  "Sign flips of the per-seed contrasts: no assumption but symmetry, and no p "
                  "below 2 / 2^n.",
              .text_columns = 2,
              .header = {"contrast", "response", "seeds", "p", "smallest possible p"},
              .rows = {}};
  for (const study::SignFlipSummary& row : analysis.sign_flips) {
    if (is_chosen(analysis, row.place)) {
      flips.rows.push_back({place_label(analysis, row.place),
                            place_response(row.place),
                            std::to_string(row.seeds),
                            p_text(row.p),
                            p_text(row.smallest_p)});
    }
  }
  section.tables = {std::move(table), std::move(flips)};
  return section;
}

}  // namespace yates::report
