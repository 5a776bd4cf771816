// SPDX-License-Identifier: Apache-2.0
// The interaction plot: means with intervals, a thin line per seed behind them.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "launcher/report/figures.hpp"
#include "launcher/report/interaction_layout.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/plot_style.hpp"
#include "launcher/study/distributions.hpp"
#include "launcher/study/run_sigma.hpp"

namespace yates::report {
namespace {

constexpr double kPanelWidth = 260;
constexpr double kPanelHeight = 250;
constexpr double kLeft = 68;
constexpr double kTop = 64;
constexpr double kGap = 24;
constexpr double kLeastWidth = 640;
constexpr Marker kShapes[] = {Marker::Circle, Marker::Square, Marker::Diamond};

/// Values of one line at the levels along the axis; NaN where the cell was not run.
using Line = std::vector<double>;

class InteractionPlot {
 public:
  explicit InteractionPlot(const study::Analysis& analysis)
      : design_(analysis.data.design),
        table_(analysis.data.table(shown_response(analysis))),
        values_(study::cell_values(table_)),
        means_(study::cell_means(table_)),
        layout_(interaction_layout(analysis)),
        label_(response_label(shown_response(analysis).metric, shown_response(analysis).region)),
        blocks_(analysis.data.seeds_are_blocks),
        alpha_(analysis.options.alpha) {
    std::vector<std::size_t> cells(design_.size());
    std::iota(cells.begin(), cells.end(), 0U);
    sigma_ = blocks_ ? study::sigma_within_seeds(table_, cells)
                     : study::sigma_within_cells(table_, cells);
  }

  std::string draw() {
    if (layout_.panels.empty()) {
      return "";
    }
    const auto panels = static_cast<double>(layout_.panels.size());
    const double width =
        std::max({kLeft + panels * (kPanelWidth + kGap), kLeastWidth, legend_end()});
    const double room = width - kLeft - kGap;
    const std::string text = caption();
    const double bottom = kTop + kPanelHeight + kCaptionGap;
    Svg svg(
        width, bottom + 17.0 * caption_lines(room, text), "Interaction plot of " + label_, text);
    axis_ = make_axis(all_values(), kTop + kPanelHeight, kTop, 7);
    draw_legend(svg);
    for (std::size_t i = 0; i < layout_.panels.size(); ++i) {
      draw_panel(
          svg, layout_.panels[i], kLeft + static_cast<double>(i) * (kPanelWidth + kGap), i == 0);
    }
    draw_caption(svg, kLeft, bottom, room, text);
    return svg.finish();
  }

 private:
  [[nodiscard]] const study::Factor& x_factor() const { return design_.factors()[layout_.x]; }
  [[nodiscard]] std::size_t line_count() const {
    return layout_.lines ? design_.factors()[*layout_.lines].levels.size() : 1;
  }

  [[nodiscard]] std::string caption() const {
    std::size_t fewest = std::numeric_limits<std::size_t>::max();
    std::size_t most = 0;
    for (const auto& values : values_) {
      if (!values.empty()) {
        fewest = std::min(fewest, values.size());
        most = std::max(most, values.size());
      }
    }
    const std::string count =
        fewest == most ? std::to_string(most) : fmt::format("{} to {}", fewest, most);
    if (most == 1) {
      return "Single runs, n = 1 per cell: no interval can be drawn. Parallel lines mean no "
             "interaction.";
    }
    std::string text = fmt::format(
        "Thick: mean of n = {} runs. Thin: one {} each.", count, blocks_ ? "seed" : "replicate");
    if (sigma_) {
      text +=
          fmt::format(" Bars: {:.0f} % intervals of the means from the error within {} ({} df).",
                      100 * (1 - alpha_),
                      blocks_ ? "seeds" : "cells",
                      sigma_->df);
    }
    return text + " Parallel lines mean no interaction.";
  }

  [[nodiscard]] double half_width(std::size_t cell) const {
    if (!sigma_ || values_[cell].size() < 2) {
      return 0;
    }
    return study::t_quantile(1 - alpha_ / 2, sigma_->df) * sigma_->value /
           std::sqrt(static_cast<double>(values_[cell].size()));
  }

  [[nodiscard]] std::vector<double> all_values() const {
    std::vector<double> all;
    for (const study::RunValue& run : table_.runs) {
      all.push_back(run.value);
    }
    for (std::size_t cell = 0; cell < means_.size(); ++cell) {
      all.insert(all.end(), {means_[cell] - half_width(cell), means_[cell] + half_width(cell)});
    }
    return all;
  }

  [[nodiscard]] double x_at(double left, std::size_t level) const {
    const auto count = static_cast<double>(x_factor().levels.size());
    return left + kPanelWidth * (static_cast<double>(level) + 0.5) / count;
  }

  /// Lines stand a little apart, so that their marks and intervals do not cover each other.
  [[nodiscard]] double shift(std::size_t line) const {
    return 7 * (static_cast<double>(line) - static_cast<double>(line_count() - 1) / 2);
  }

  void draw_line(
      Svg& svg, const Line& values, double left, std::string_view color, double width) const {
    for (std::size_t x = 1; x < values.size(); ++x) {
      if (!std::isnan(values[x - 1]) && !std::isnan(values[x])) {
        svg.line(x_at(left, x - 1),
                 axis_.at(values[x - 1]),
                 x_at(left, x),
                 axis_.at(values[x]),
                 color,
                 width);
      }
    }
  }

  void draw_panel(Svg& svg, const study::Levels& panel, double left, bool first) const {
    const Frame frame{left, kTop, kPanelWidth, kPanelHeight};
    draw_ground(svg, frame);
    if (first) {
      draw_y_axis(svg, frame, axis_, label_);
    } else {
      for (const double tick : axis_.ticks) {
        svg.line(left, axis_.at(tick), frame.right(), axis_.at(tick), kGridColor, kGridWidth);
      }
    }
    for (std::size_t x = 0; x < x_factor().levels.size(); ++x) {
      svg.text(x_at(left, x),
               frame.bottom() + kTickGap,
               x_factor().levels[x],
               kSmallText,
               Anchor::Middle);
    }
    const double middle = left + kPanelWidth / 2;
    svg.text(middle, frame.bottom() + kTitleGap, x_factor().name, kSmallText, Anchor::Middle);
    svg.text(middle, kTop - 8, design_.describe(panel), kSmallText, Anchor::Middle, kInk, true);
    for (std::size_t line = 0; line < line_count(); ++line) {
      draw_seeds(svg, panel, line, left + shift(line));
    }
    for (std::size_t line = 0; line < line_count(); ++line) {
      draw_means(svg, panel, line, left + shift(line));
    }
  }

  void draw_seeds(Svg& svg, const study::Levels& panel, std::size_t line, double left) const {
    std::map<std::int64_t, Line> seeds;
    for (std::size_t x = 0; x < x_factor().levels.size(); ++x) {
      const std::size_t cell = layout_.cell_at(design_, panel, x, line);
      for (const study::RunValue& run : table_.runs) {
        if (run.cell == cell && values_[cell].size() > 1) {
          Line& seed = seeds[run.seed];
          seed.resize(x_factor().levels.size(), std::numeric_limits<double>::quiet_NaN());
          seed[x] = run.value;
          svg.marker(Marker::Circle, x_at(left, x), axis_.at(run.value), 1.6, palette(line));
        }
      }
    }
    for (const auto& seed : seeds) {
      if (blocks_) {
        draw_line(svg, seed.second, left, palette(line), kThinLine);
      }
    }
  }

  void draw_means(Svg& svg, const study::Levels& panel, std::size_t line, double left) const {
    Line means;
    for (std::size_t x = 0; x < x_factor().levels.size(); ++x) {
      const std::size_t cell = layout_.cell_at(design_, panel, x, line);
      means.push_back(means_[cell]);
      const double half = half_width(cell);
      if (half > 0) {
        const double at = x_at(left, x);
        const double top = axis_.at(means_[cell] + half);
        const double bottom = axis_.at(means_[cell] - half);
        svg.line(at, top, at, bottom, palette(line), 1.5);
        svg.line(at - 4, top, at + 4, top, palette(line), 1.5);
        svg.line(at - 4, bottom, at + 4, bottom, palette(line), 1.5);
      }
    }
    draw_line(svg, means, left, palette(line), kMeanLine);
    for (std::size_t x = 0; x < means.size(); ++x) {
      if (!std::isnan(means[x])) {
        svg.marker(kShapes[line % 3],
                   x_at(left, x),
                   axis_.at(means[x]),
                   kMarkSize + 1,
                   palette(line),
                   line % 2 == 1);
      }
    }
  }

  [[nodiscard]] static double legend_step(const std::string& label) {
    return 56 + text_width(label, kSmallText);
  }

  [[nodiscard]] double legend_end() const {
    double x = kLeft;
    if (layout_.lines) {
      const study::Factor& factor = design_.factors()[*layout_.lines];
      for (const std::string& level : factor.levels) {
        x += legend_step(factor.name + " = " + level);
      }
    }
    return x;
  }

  void draw_legend(Svg& svg) const {
    if (!layout_.lines) {
      return;
    }
    const study::Factor& factor = design_.factors()[*layout_.lines];
    double x = kLeft;
    for (std::size_t line = 0; line < factor.levels.size(); ++line) {
      const std::string label = factor.name + " = " + factor.levels[line];
      svg.line(x, 20, x + 26, 20, palette(line), kMeanLine);
      svg.marker(kShapes[line % 3], x + 13, 20, kMarkSize + 1, palette(line), line % 2 == 1);
      svg.text(x + 32, 24, label, kSmallText);
      x += legend_step(label);
    }
  }

  const study::Design& design_;
  study::RunTable table_;
  std::vector<std::vector<double>> values_;
  std::vector<double> means_;
  InteractionLayout layout_;
  std::string label_;
  bool blocks_;
  double alpha_;
  std::optional<study::RunSigma> sigma_;
  Axis axis_;
};

}  // namespace

std::string interaction_figure(const study::Analysis& analysis) {
  return InteractionPlot(analysis).draw();
}

}  // namespace yates::report
