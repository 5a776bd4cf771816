// SPDX-License-Identifier: Apache-2.0
// The interaction plot: means with a thin line per seed behind them.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/report/axis.hpp"
#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/svg.hpp"
#include "launcher/study/contrast.hpp"

namespace yates::report {
namespace {

constexpr double kPanelWidth = 260;
constexpr double kPanelHeight = 240;
constexpr double kLeft = 64;
constexpr double kTop = 60;
constexpr double kGap = 24;
constexpr double kBottom = 78;
constexpr std::size_t kMostPanels = 4;

/// Which factors are drawn: along the axis, as lines, and one panel per setting of the rest.
struct Layout {
  std::size_t x = 0;
  std::optional<std::size_t> lines;
  std::vector<study::Levels> panels;
};

/// The first two factors of the primary contrast, else of the design.
std::vector<std::size_t> drawn_factors(const study::Analysis& analysis) {
  const auto& factors = analysis.data.design.factors();
  std::vector<std::size_t> drawn;
  if (analysis.options.primary) {
    const auto primary = study::parse_contrast(
        analysis.data.design, analysis.options.primary->contrast, analysis.options.primary->at);
    for (const std::string& part : split(primary.name, ':')) {
      const auto factor = study::find_factor(factors, part.substr(0, part.find_first_of(".[")));
      if (factor && drawn.size() < 2) {
        drawn.push_back(*factor);
      }
    }
  }
  for (std::size_t f = 0; f < factors.size() && drawn.size() < 2; ++f) {
    if (std::find(drawn.begin(), drawn.end(), f) == drawn.end()) {
      drawn.push_back(f);
    }
  }
  return drawn;
}

Layout make_layout(const study::Analysis& analysis) {
  const study::Design& design = analysis.data.design;
  const std::vector<std::size_t> drawn = drawn_factors(analysis);
  Layout layout{.x = drawn[0], .lines = {}, .panels = {}};
  if (drawn.size() > 1) {
    layout.lines = drawn[1];
  }
  std::vector<std::pair<std::size_t, study::Levels>> panels;
  for (std::size_t cell = 0; cell < design.size(); ++cell) {
    study::Levels setting = design.levels(cell);
    for (const std::size_t f : drawn) {
      setting.erase(design.factors()[f].name);
    }
    auto panel = std::find_if(
        panels.begin(), panels.end(), [&](const auto& p) { return p.second == setting; });
    if (panel == panels.end()) {
      panels.emplace_back(0, setting);
      panel = panels.end() - 1;
    }
    panel->first += design.is_run(cell) ? 1 : 0;
  }
  std::stable_sort(
      panels.begin(), panels.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; i < std::min(kMostPanels, panels.size()); ++i) {
    if (panels[i].first > 1) {
      layout.panels.push_back(panels[i].second);
    }
  }
  return layout;
}

/// Values of one line at the levels along the axis; NaN where the cell was not run.
using Line = std::vector<double>;

class InteractionPlot {
 public:
  explicit InteractionPlot(const study::Analysis& analysis)
      : design_(analysis.data.design),
        table_(analysis.data.table(shown_response(analysis))),
        values_(study::cell_values(table_)),
        means_(study::cell_means(table_)),
        layout_(make_layout(analysis)),
        label_(response_label(shown_response(analysis).metric, shown_response(analysis).region)),
        blocks_(analysis.data.seeds_are_blocks) {}

  std::string draw() {
    if (layout_.panels.empty()) {
      return "";
    }
    const auto panels = static_cast<double>(layout_.panels.size());
    const double width = kLeft + panels * (kPanelWidth + kGap);
    const double height = kTop + kPanelHeight + kBottom;
    Svg svg(std::max(width, 420.0), height, "Interaction plot of " + label_, caption());
    axis_ = make_axis(all_values(), kTop + kPanelHeight, kTop, 8);
    draw_legend(svg);
    svg.vertical_text(16, kTop + kPanelHeight / 2, label_, kSmallText);
    for (std::size_t i = 0; i < layout_.panels.size(); ++i) {
      draw_panel(
          svg, layout_.panels[i], kLeft + static_cast<double>(i) * (kPanelWidth + kGap), i == 0);
    }
    svg.text(kLeft, height - 12, caption(), kSmallText, Anchor::Start, "#555555");
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
        fewest == most ? std::to_string(most) : fmt::format("{}-{}", fewest, most);
    return most == 1 ? "Single runs, n = 1 per cell."
                     : fmt::format("Thick: cell means. Thin: one {} each, n = {} per cell.",
                                   blocks_ ? "seed" : "replicate",
                                   count);
  }

  [[nodiscard]] std::vector<double> all_values() const {
    std::vector<double> all;
    for (const study::RunValue& run : table_.runs) {
      all.push_back(run.value);
    }
    return all;
  }

  [[nodiscard]] std::size_t cell_at(const study::Levels& panel,
                                    std::size_t x,
                                    std::size_t line) const {
    study::Levels wanted = panel;
    wanted[x_factor().name] = x_factor().levels[x];
    if (layout_.lines) {
      const study::Factor& factor = design_.factors()[*layout_.lines];
      wanted[factor.name] = factor.levels[line];
    }
    for (std::size_t cell = 0; cell < design_.size(); ++cell) {
      if (design_.matches(cell, wanted)) {
        return cell;
      }
    }
    return 0;
  }

  [[nodiscard]] double x_at(double left, std::size_t level) const {
    const auto count = static_cast<double>(x_factor().levels.size());
    return left + kPanelWidth * (static_cast<double>(level) + 0.5) / count;
  }

  void draw_line(
      Svg& svg, const Line& line, double left, std::string_view color, double width) const {
    for (std::size_t x = 1; x < line.size(); ++x) {
      if (!std::isnan(line[x - 1]) && !std::isnan(line[x])) {
        svg.line(x_at(left, x - 1),
                 axis_.at(line[x - 1]),
                 x_at(left, x),
                 axis_.at(line[x]),
                 color,
                 width);
      }
    }
  }

  void draw_panel(Svg& svg, const study::Levels& panel, double left, bool first) const {
    svg.rectangle(left, kTop, kPanelWidth, kPanelHeight, "#f5f5f5");
    for (const double tick : axis_.ticks) {
      svg.line(left, axis_.at(tick), left + kPanelWidth, axis_.at(tick), "#ffffff", 1.5);
      if (first) {
        svg.text(left - 6, axis_.at(tick) + 4, axis_.label(tick), kSmallText, Anchor::End);
      }
    }
    for (std::size_t x = 0; x < x_factor().levels.size(); ++x) {
      svg.text(x_at(left, x),
               kTop + kPanelHeight + 18,
               x_factor().levels[x],
               kSmallText,
               Anchor::Middle);
    }
    svg.text(left + kPanelWidth / 2,
             kTop + kPanelHeight + 36,
             x_factor().name,
             kSmallText,
             Anchor::Middle);
    svg.text(left + kPanelWidth / 2,
             kTop - 8,
             design_.describe(panel),
             kSmallText,
             Anchor::Middle,
             "#222222",
             true);
    for (std::size_t line = 0; line < line_count(); ++line) {
      draw_seeds(svg, panel, line, left);
    }
    for (std::size_t line = 0; line < line_count(); ++line) {
      draw_means(svg, panel, line, left);
    }
  }

  void draw_seeds(Svg& svg, const study::Levels& panel, std::size_t line, double left) const {
    std::map<std::int64_t, Line> seeds;
    for (std::size_t x = 0; x < x_factor().levels.size(); ++x) {
      const std::size_t cell = cell_at(panel, x, line);
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
        draw_line(svg, seed.second, left, palette(line), 0.6);
      }
    }
  }

  void draw_means(Svg& svg, const study::Levels& panel, std::size_t line, double left) const {
    Line means;
    for (std::size_t x = 0; x < x_factor().levels.size(); ++x) {
      means.push_back(means_[cell_at(panel, x, line)]);
    }
    draw_line(svg, means, left, palette(line), 2.5);
    constexpr Marker kShapes[] = {Marker::Circle, Marker::Square, Marker::Diamond};
    for (std::size_t x = 0; x < means.size(); ++x) {
      if (!std::isnan(means[x])) {
        svg.marker(
            kShapes[line % 3], x_at(left, x), axis_.at(means[x]), 5, palette(line), line % 2 == 1);
      }
    }
  }

  void draw_legend(Svg& svg) const {
    if (!layout_.lines) {
      return;
    }
    constexpr Marker kShapes[] = {Marker::Circle, Marker::Square, Marker::Diamond};
    const study::Factor& factor = design_.factors()[*layout_.lines];
    double x = kLeft;
    for (std::size_t line = 0; line < factor.levels.size(); ++line) {
      const std::string label = factor.name + " = " + factor.levels[line];
      svg.line(x, 20, x + 26, 20, palette(line), 2.5);
      svg.marker(kShapes[line % 3], x + 13, 20, 5, palette(line), line % 2 == 1);
      svg.text(x + 32, 24, label, kSmallText);
      x += 52 + 7.2 * static_cast<double>(label.size());
    }
  }

  const study::Design& design_;
  study::RunTable table_;
  std::vector<std::vector<double>> values_;
  std::vector<double> means_;
  Layout layout_;
  std::string label_;
  bool blocks_;
  Axis axis_;
};

}  // namespace

const study::Response& shown_response(const study::Analysis& analysis) {
  const auto& responses = analysis.data.responses;
  const auto& primary = analysis.options.primary;
  const auto shown =
      std::find_if(responses.begin(), responses.end(), [&](const study::Response& response) {
        return primary ? response.metric == primary->metric && response.region == primary->region
                       : response.region == "mean";
      });
  return shown == responses.end() ? responses.front() : *shown;
}

std::string interaction_figure(const study::Analysis& analysis) {
  return InteractionPlot(analysis).draw();
}

}  // namespace yates::report
