// SPDX-License-Identifier: Apache-2.0
// Whether the analysis may be believed: groups of runs, residuals, the weight of single runs.
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/section_parts.hpp"
#include "launcher/report/sections.hpp"

namespace yates::report {

using study::Analysis;

Section diagnostics_section(const Analysis& analysis) {
  Section section = empty_section("Diagnostics");
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

}  // namespace yates::report
