// SPDX-License-Identifier: Apache-2.0
// The forest plot: estimates with intervals, the zero line, the equivalence margin as a band.
#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "launcher/report/axis.hpp"
#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/svg.hpp"
#include "launcher/study/analysis_contrasts.hpp"

namespace yates::report {
namespace {

constexpr double kRow = 26;
constexpr double kLabelWidth = 330;
constexpr double kPlotWidth = 380;
constexpr double kTextWidth = 250;
constexpr double kTop = 40;
constexpr double kBottom = 66;
constexpr std::size_t kMostRows = 24;

/// Rows that share one scale.
struct Panel {
  std::string title;
  std::vector<const study::ContrastSummary*> rows;
  bool label_by_response = false;
  std::optional<double> delta;
};

std::string row_label(const study::Analysis& analysis,
                      const Panel& panel,
                      const study::ContrastSummary& row) {
  return panel.label_by_response ? response_label(row.metric, row.region)
                                 : contrast_label(analysis.data.design, row.name, row.at);
}

/// One panel per metric of the primary contrast; without one, the two-factor interactions of the
/// shown response.
std::vector<Panel> make_panels(const study::Analysis& analysis) {
  std::vector<Panel> panels;
  const study::Response& shown = shown_response(analysis);
  for (const study::ContrastSummary& row : analysis.contrasts) {
    const bool of_primary = study::is_primary_contrast(row, analysis.options);
    const bool listed = !analysis.options.primary && row.order == 2 && row.metric == shown.metric &&
                        row.region == shown.region;
    if (!row.headline || row.target != "seeds" || (!of_primary && !listed)) {
      continue;
    }
    const std::string title =
        of_primary ? contrast_label(analysis.data.design, row.name, row.at)
                   : "Two-factor interactions, " + response_label(row.metric, row.region);
    if (panels.empty() || panels.back().rows.front()->metric != row.metric) {
      panels.push_back({title, {}, of_primary, {}});
      if (!std::isnan(row.tost_p)) {
        panels.back().delta =
            analysis.options.primary ? analysis.options.primary->delta : analysis.options.delta;
      }
    }
    if (panels.back().rows.size() < kMostRows) {
      panels.back().rows.push_back(&row);
    }
  }
  return panels;
}

std::string_view verdict_color(study::Verdict verdict) {
  switch (verdict) {
    case study::Verdict::Positive: return palette(2);
    case study::Verdict::Negative: return palette(1);
    case study::Verdict::Equivalent: return palette(0);
    case study::Verdict::Inconclusive: return palette(6);
  }
  return palette(6);
}

Axis panel_axis(const Panel& panel) {
  std::vector<double> values = {0};
  for (const study::ContrastSummary* row : panel.rows) {
    values.insert(values.end(), {row->estimate.estimate, row->interval.low, row->interval.high});
  }
  if (panel.delta) {
    values.insert(values.end(), {-*panel.delta, *panel.delta});
  }
  return make_axis(values, kLabelWidth, kLabelWidth + kPlotWidth, 6);
}

void draw_row(Svg& svg,
              const Axis& axis,
              const std::string& label,
              const study::ContrastSummary& row,
              double y) {
  svg.text(kLabelWidth - 12, y + 4, label, kSmallText, Anchor::End);
  const std::string_view color = verdict_color(row.verdict);
  if (!std::isnan(row.interval.low)) {
    svg.line(axis.at(row.interval.low), y, axis.at(row.interval.high), y, color, 2);
    for (const double end : {row.interval.low, row.interval.high}) {
      svg.line(axis.at(end), y - 4, axis.at(end), y + 4, color, 2);
    }
  }
  svg.marker(row.primary ? Marker::Diamond : Marker::Square,
             axis.at(row.estimate.estimate),
             y,
             4.5,
             color);
  const bool known = row.estimate.method != study::Method::None;
  const std::string text =
      known ? fmt::format("{} {}  {}",
                          signed_number(row.estimate.estimate),
                          interval_text(row.interval),
                          to_string(row.verdict))
            : fmt::format("{}  single runs", signed_number(row.estimate.estimate));
  svg.text(
      kLabelWidth + kPlotWidth + 12, y + 4, text, kSmallText, Anchor::Start, color, row.primary);
}

void draw_panel(Svg& svg, const study::Analysis& analysis, const Panel& panel, double top) {
  const Axis axis = panel_axis(panel);
  const double bottom = top + kRow * static_cast<double>(panel.rows.size());
  svg.text(kLabelWidth, top - 10, panel.title, kSmallText + 1, Anchor::Start, "#222222", true);
  svg.rectangle(kLabelWidth, top, kPlotWidth, bottom - top, "#f5f5f5");
  if (panel.delta) {
    svg.rectangle(axis.at(-*panel.delta),
                  top,
                  axis.at(*panel.delta) - axis.at(-*panel.delta),
                  bottom - top,
                  palette(4),
                  0.25);
  }
  for (const double tick : axis.ticks) {
    svg.line(axis.at(tick), top, axis.at(tick), bottom, "#ffffff", 1.5);
    svg.text(axis.at(tick), bottom + 16, axis.label(tick), kSmallText, Anchor::Middle);
  }
  svg.dashed_line(axis.at(0), top, axis.at(0), bottom, "#222222", 1);
  for (std::size_t i = 0; i < panel.rows.size(); ++i) {
    draw_row(svg,
             axis,
             row_label(analysis, panel, *panel.rows[i]),
             *panel.rows[i],
             top + kRow * (static_cast<double>(i) + 0.5));
  }
}

std::string caption(const study::Analysis& analysis, const Panel& panel) {
  const study::ContrastSummary& row = *panel.rows.front();
  const std::string unit = row.metric == "dice"      ? "Dice points"
                           : row.metric == "hd95_mm" ? "mm, less is better"
                                                     : "the unit of the table";
  std::string text = fmt::format("Differences of differences in {}; {:.0f}% intervals, {}, n = {}.",
                                 unit,
                                 100 * (1 - analysis.options.alpha),
                                 method_label(row.estimate.method),
                                 row.estimate.n);
  return panel.delta ? text + fmt::format(" Band: margin +-{}.", plain_number(*panel.delta, 2))
                     : text;
}

}  // namespace

std::string forest_figure(const study::Analysis& analysis) {
  const std::vector<Panel> panels = make_panels(analysis);
  if (panels.empty()) {
    return "";
  }
  double height = 0;
  for (const Panel& panel : panels) {
    height += kTop + kRow * static_cast<double>(panel.rows.size()) + kBottom;
  }
  Svg svg(kLabelWidth + kPlotWidth + kTextWidth, height, "Forest plot", panels.front().title);
  double top = kTop;
  for (const Panel& panel : panels) {
    draw_panel(svg, analysis, panel, top);
    const double bottom = top + kRow * static_cast<double>(panel.rows.size());
    svg.text(
        kLabelWidth, bottom + 38, caption(analysis, panel), kSmallText, Anchor::Start, "#555555");
    top = bottom + kBottom + kTop;
  }
  return svg.finish();
}

}  // namespace yates::report
