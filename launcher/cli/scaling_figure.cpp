// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/scaling_figure.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "launcher/report/axis.hpp"
#include "launcher/report/svg.hpp"

namespace yates::cli {
namespace {

using report::Anchor;
using report::Axis;
using report::Svg;

constexpr double kLeft = 64;
constexpr double kTop = 52;
constexpr double kPlotWidth = 320;
constexpr double kPlotHeight = 180;
constexpr double kColumn = kPlotWidth + 84;
constexpr double kRow = kPlotHeight + 74;
constexpr double kBar = 20;
constexpr std::array<const char*, 2> kLoaders = {"drawn", "real"};
constexpr std::string_view kInk = "#222222";

struct Panel {
  const std::vector<ScalingPoint>& points;
  bool weak;
  std::vector<std::int64_t> ranks;  // Ascending; equally spaced on the axis.
  double left;
  double top;

  [[nodiscard]] double x_of(std::int64_t count) const {
    const auto place = std::lower_bound(ranks.begin(), ranks.end(), count) - ranks.begin();
    return left +
           kPlotWidth * (static_cast<double>(place) + .5) / static_cast<double>(ranks.size());
  }

  template <typename Work>
  void each(const Work& work) const {
    for (const ScalingPoint& point : points) {
      if (point.weak == weak) {
        work(point);
      }
    }
  }
};

std::size_t loader_index(const ScalingPoint& point) {
  return point.loader == kLoaders[0] ? 0 : 1;
}

void frame(Svg& svg, const Panel& panel, const Axis& y, const std::string& title) {
  svg.text(panel.left, panel.top - 10, title, report::kSmallText, Anchor::Start, kInk, true);
  svg.rectangle(panel.left, panel.top, kPlotWidth, kPlotHeight, "#f5f5f5");
  for (const double tick : y.ticks) {
    svg.line(panel.left, y.at(tick), panel.left + kPlotWidth, y.at(tick), "#ffffff", 1.5);
    svg.text(panel.left - 6, y.at(tick) + 4, y.label(tick), report::kSmallText, Anchor::End);
  }
  for (const std::int64_t count : panel.ranks) {
    svg.text(panel.x_of(count),
             panel.top + kPlotHeight + 16,
             std::to_string(count),
             report::kSmallText,
             Anchor::Middle);
  }
  svg.text(panel.left + kPlotWidth / 2,
           panel.top + kPlotHeight + 34,
           "ranks",
           report::kSmallText,
           Anchor::Middle);
}

void whisker(Svg& svg, const Axis& y, double x, const Spread& spread, std::string_view color) {
  svg.line(x, y.at(spread.min), x, y.at(spread.max), color, 1.5);
  for (const double end : {spread.min, spread.max}) {
    svg.line(x - 4, y.at(end), x + 4, y.at(end), color, 1.5);
  }
}

/// Points of the two loaders stand a little beside each other.
double shift(const ScalingPoint& point) {
  return loader_index(point) == 0 ? -7 : 7;
}

void draw_rates(Svg& svg, const Panel& panel) {
  std::vector<double> values = {0};
  panel.each([&](const ScalingPoint& point) {
    values.push_back(point.rate().max);
    values.push_back(point.rate().median / point.efficiency.median);
  });
  const Axis y = report::make_axis(values, panel.top + kPlotHeight, panel.top, 5);
  frame(svg, panel, y, panel.weak ? "Weak: samples per second" : "Strong: samples per second");
  std::array<std::vector<std::array<double, 3>>, 2> lines;  // x, measured, perfect.
  panel.each([&](const ScalingPoint& point) {
    lines[loader_index(point)].push_back({panel.x_of(point.ranks) + shift(point),
                                          y.at(point.rate().median),
                                          y.at(point.rate().median / point.efficiency.median)});
  });
  for (std::size_t loader = 0; loader < lines.size(); ++loader) {
    for (std::size_t i = 1; i < lines[loader].size(); ++i) {
      const auto& [x1, y1, ideal1] = lines[loader][i - 1];
      const auto& [x2, y2, ideal2] = lines[loader][i];
      svg.dashed_line(x1, ideal1, x2, ideal2, report::palette(loader), 1.2);
      svg.line(x1, y1, x2, y2, report::palette(loader), 1.5);
    }
  }
  panel.each([&](const ScalingPoint& point) {
    const double x = panel.x_of(point.ranks) + shift(point);
    const std::string_view color = report::palette(loader_index(point));
    whisker(svg, y, x, point.rate(), color);
    svg.marker(loader_index(point) == 0 ? report::Marker::Circle : report::Marker::Square,
               x,
               y.at(point.rate().median),
               4,
               color);
    svg.text(x + (loader_index(point) == 0 ? -8 : 8),
             y.at(point.rate().median) + (loader_index(point) == 0 ? -8 : 16),
             fmt::format("{:.0f}%", 100 * point.efficiency.median),
             report::kSmallText,
             loader_index(point) == 0 ? Anchor::End : Anchor::Start,
             color);
  });
}

void draw_steps(Svg& svg, const Panel& panel) {
  std::vector<double> values = {0};
  panel.each([&](const ScalingPoint& point) { values.push_back(point.step_s.max); });
  const Axis y = report::make_axis(values, panel.top + kPlotHeight, panel.top, 5);
  frame(svg, panel, y, panel.weak ? "Weak: seconds per step" : "Strong: seconds per step");
  panel.each([&](const ScalingPoint& point) {
    const double x = panel.x_of(point.ranks) + (loader_index(point) == 0 ? -1 : 1) * (kBar / 2 + 2);
    const double comm = point.comm_wait_s.median;
    const double data = point.data_wait_s.median;
    const double computing = std::max(0.0, point.step_s.median - comm - data);
    double from = 0;
    for (const auto& [part, color] : {std::pair(computing, report::palette(loader_index(point))),
                                      std::pair(comm, std::string_view("#777777")),
                                      std::pair(data, std::string_view("#c8c8c8"))}) {
      svg.rectangle(x - kBar / 2, y.at(from + part), kBar, y.at(from) - y.at(from + part), color);
      from += part;
    }
    whisker(svg, y, x, point.step_s, kInk);
  });
}

void draw_legend(Svg& svg, double top, const std::vector<ScalingPoint>& points) {
  double x = kLeft;
  const auto entry = [&](std::string_view color, const std::string& text) {
    svg.rectangle(x, top - 9, 12, 10, color);
    svg.text(x + 17, top, text, report::kSmallText);
    x += 30 + 6.6 * static_cast<double>(text.size());
  };
  for (const std::size_t loader : {std::size_t{0}, std::size_t{1}}) {
    if (std::any_of(points.begin(), points.end(), [&](const ScalingPoint& point) {
          return loader_index(point) == loader;
        })) {
      entry(report::palette(loader), loader == 0 ? "drawn samples" : "real loader");
    }
  }
  entry("#777777", "waiting for other ranks");
  entry("#c8c8c8", "waiting for data");
  svg.text(kLeft,
           top + 22,
           fmt::format("Median of {} runs, whiskers from least to most. Dashed: perfect scaling; "
                       "percentages: efficiency against the first point.",
                       points.empty() ? 0 : points.front().step_s.n),
           report::kSmallText,
           Anchor::Start,
           "#555555");
}

}  // namespace

Spread ScalingPoint::rate() const {
  const auto samples = static_cast<double>(batch);
  return {.median = samples / step_s.median,
          .min = samples / step_s.max,
          .max = samples / step_s.min,
          .n = step_s.n};
}

std::string scaling_figure(const std::vector<ScalingPoint>& points) {
  std::vector<std::int64_t> ranks;
  for (const ScalingPoint& point : points) {
    ranks.push_back(point.ranks);
  }
  std::sort(ranks.begin(), ranks.end());
  ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  const double width = kLeft + kColumn + kPlotWidth + 24;
  Svg svg(width,
          kTop + 2 * kRow + 24,
          "Scaling of a training step",
          "Weak and strong scaling over ranks, with drawn samples and with the real loader");
  svg.text(kLeft, 20, "Scaling of a training step", 15, Anchor::Start, kInk, true);
  for (const bool weak : {true, false}) {
    const double left = kLeft + (weak ? 0 : kColumn);
    draw_rates(svg, {points, weak, ranks, left, kTop});
    draw_steps(svg, {points, weak, ranks, left, kTop + kRow});
  }
  draw_legend(svg, kTop + 2 * kRow - 14, points);
  return svg.finish();
}

}  // namespace yates::cli
