// SPDX-License-Identifier: Apache-2.0
// The forest plot: estimates with intervals, the zero line, the equivalence margin as a band.
#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/plot_style.hpp"
#include "launcher/study/primary_contrast.hpp"

namespace yates::report {
namespace {

constexpr double kRow = 23;
constexpr double kPlotWidth = 360;
constexpr double kTop = 34;
constexpr std::size_t kMostRows = 24;

/// Rows that share one scale.
struct Panel {
  std::string title;
  std::vector<const study::ContrastSummary*> rows;
  bool label_by_response = false;
  std::optional<double> delta;

  [[nodiscard]] double height() const { return kRow * static_cast<double>(rows.size()); }
};

std::string row_label(const study::Analysis& analysis,
                      const Panel& panel,
                      const study::ContrastSummary& row) {
  return panel.label_by_response ? response_label(row.metric, row.region)
                                 : contrast_label(analysis.data.design, row.name, row.at);
}

std::string row_text(const study::ContrastSummary& row) {
  return row.estimate.method != study::Method::None
             ? fmt::format("{} {}  {}",
                           signed_number(row.estimate.estimate),
                           interval_text(row.interval),
                           to_string(row.verdict))
             : fmt::format("{}  single runs", signed_number(row.estimate.estimate));
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

/// Number of factors of a contrast's name.
std::size_t factors_in(const std::string& name) {
  return 1 + static_cast<std::size_t>(std::count(name.begin(), name.end(), ':'));
}

std::string caption(const study::Analysis& analysis, const Panel& panel) {
  const study::ContrastSummary& row = *panel.rows.front();
  const std::string unit =
      effect_unit(row.metric) + (row.metric == "hd95_mm" ? ", less is better" : "");
  std::string text =
      factors_in(row.name) > 1 ? "Differences of differences in " + unit : "Differences in " + unit;
  if (row.estimate.method == study::Method::None) {
    return text + "; single runs, n = 1 per cell: no intervals.";
  }
  text += fmt::format("; {:.0f} % intervals, {}, n = {}.",
                      100 * (1 - analysis.options.alpha),
                      method_label(row.estimate.method),
                      row.estimate.n);
  return panel.delta ? text + fmt::format(" Band: margin \u00b1{}.", plain_number(*panel.delta))
                     : text;
}

constexpr double kBold = 1.12;  ///< Width of bold text over that of plain text.

class ForestPlot {
 public:
  explicit ForestPlot(const study::Analysis& analysis)
      : analysis_(analysis), panels_(make_panels(analysis)) {
    for (const Panel& panel : panels_) {
      for (const study::ContrastSummary* row : panel.rows) {
        left_ = std::max(left_, text_width(row_label(analysis, panel, *row), kSmallText) + 30);
        const double bold = row->primary ? kBold : 1;
        right_ = std::max(right_, bold * text_width(row_text(*row), kSmallText) + 34);
      }
    }
  }

  std::string draw() {
    if (panels_.empty()) {
      return "";
    }
    const double room = kPlotWidth + right_;
    double height = 0;
    for (const Panel& panel : panels_) {
      height += kTop + panel.height() + below(panel, room);
    }
    Svg svg(left_ + room, height, "Forest plot", panels_.front().title);
    double top = kTop;
    for (const Panel& panel : panels_) {
      draw_panel(svg, panel, {left_, top, kPlotWidth, panel.height()});
      draw_caption(svg, left_, top + panel.height() + 40, room, caption(analysis_, panel));
      top += panel.height() + below(panel, room) + kTop;
    }
    return svg.finish();
  }

 private:
  [[nodiscard]] double below(const Panel& panel, double room) const {
    return 40 + 17.0 * caption_lines(room, caption(analysis_, panel));
  }

  [[nodiscard]] static Axis panel_axis(const Panel& panel, const Frame& frame) {
    std::vector<double> values = {0};
    for (const study::ContrastSummary* row : panel.rows) {
      values.insert(values.end(), {row->estimate.estimate, row->interval.low, row->interval.high});
    }
    if (panel.delta) {
      values.insert(values.end(), {-*panel.delta, *panel.delta});
    }
    return make_axis(values, frame.left, frame.right(), 6);
  }

  void draw_panel(Svg& svg, const Panel& panel, const Frame& frame) const {
    const Axis axis = panel_axis(panel, frame);
    svg.text(frame.left, frame.top - 10, panel.title, kSmallText + 1, Anchor::Start, kInk, true);
    draw_ground(svg, frame);
    if (panel.delta) {
      svg.rectangle(axis.at(-*panel.delta),
                    frame.top,
                    axis.at(*panel.delta) - axis.at(-*panel.delta),
                    frame.height,
                    palette(4),
                    0.25);
    }
    draw_x_axis(svg, frame, axis);
    svg.dashed_line(axis.at(0), frame.top, axis.at(0), frame.bottom(), kInk, 1);
    for (std::size_t i = 0; i < panel.rows.size(); ++i) {
      draw_row(svg, axis, panel, *panel.rows[i], frame.top + kRow * (static_cast<double>(i) + 0.5));
    }
  }

  void draw_row(Svg& svg,
                const Axis& axis,
                const Panel& panel,
                const study::ContrastSummary& row,
                double y) const {
    svg.text(left_ - 12, y + 4, row_label(analysis_, panel, row), kSmallText, Anchor::End);
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
               kMarkSize,
               color);
    svg.text(left_ + kPlotWidth + 12,
             y + 4,
             row_text(row),
             kSmallText,
             Anchor::Start,
             row.verdict == study::Verdict::Inconclusive ? kFaint : color,
             row.primary);
  }

  const study::Analysis& analysis_;
  std::vector<Panel> panels_;
  double left_ = 60;
  double right_ = 60;
};

}  // namespace

std::string forest_figure(const study::Analysis& analysis) {
  return ForestPlot(analysis).draw();
}

}  // namespace yates::report
