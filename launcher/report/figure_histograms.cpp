// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/figure_histograms.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "launcher/report/axis.hpp"
#include "launcher/report/svg.hpp"

namespace yates::report {
namespace {

constexpr double kPanelWidth = 420;
constexpr double kPanelHeight = 220;
constexpr double kLeft = 52;
constexpr double kRight = 16;
constexpr double kTop = 36;
constexpr double kBottom = 34;
constexpr double kHead = 62;
constexpr std::size_t kColumns = 2;
constexpr int kMostBins = 40;

/// Place of a panel in the drawing.
struct Place {
  double x;
  double y;
};

/// Percent of the values in each of the bins between the axis' least and greatest value.
struct Bins {
  double low;
  double width;
  std::vector<double> percent;
};

Bins count_bins(const std::vector<double>& values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double span = *most > *least ? *most - *least : 1;
  // Twice the cube root: enough bins to see the shape, few enough to be no noise (Rice).
  const int count =
      std::clamp(static_cast<int>(std::lround(2 * std::cbrt(static_cast<double>(values.size())))),
                 4,
                 kMostBins);
  Bins bins{.low = *least, .width = span / count, .percent = {}};
  bins.percent.resize(static_cast<std::size_t>(count), 0.0);
  for (const double value : values) {
    const auto bin = static_cast<std::size_t>((value - bins.low) / bins.width);
    bins.percent[std::min(bin, bins.percent.size() - 1)] +=
        100 / static_cast<double>(values.size());
  }
  return bins;
}

Axis value_axis(const Histogram& panel, const Bins& bins, const Place& place) {
  std::vector<double> shown = {bins.low,
                               bins.low + bins.width * static_cast<double>(bins.percent.size())};
  if (panel.reference) {
    shown.insert(shown.end(), panel.reference->begin(), panel.reference->end());
  }
  return make_axis(shown, place.x + kLeft, place.x + kPanelWidth - kRight);
}

/// Percent from 0 at the foot of the panel.
Axis share_axis(const Bins& bins, const Place& place) {
  const double foot = place.y + kPanelHeight - kBottom;
  const double most = *std::max_element(bins.percent.begin(), bins.percent.end());
  Axis axis = make_axis({0, most}, foot, place.y + kTop, 4);
  axis.low = 0;
  std::erase_if(axis.ticks, [](double tick) { return tick < 0; });
  return axis;
}

void draw_axes(Svg& svg, const Axis& values, const Axis& shares) {
  const double foot = shares.from;
  svg.line(values.from, foot, values.to, foot, "#222222", 1);
  for (const double tick : values.ticks) {
    svg.line(values.at(tick), foot, values.at(tick), foot + 4, "#222222", 1);
    svg.text(values.at(tick), foot + 18, values.label(tick), kSmallText, Anchor::Middle);
  }
  for (const double tick : shares.ticks) {
    svg.line(values.from, shares.at(tick), values.to, shares.at(tick), "#dddddd", 1);
    svg.text(values.from - 6, shares.at(tick) + 4, shares.label(tick), kSmallText, Anchor::End);
  }
}

void draw_panel(Svg& svg, const Histogram& panel, const Place& place) {
  svg.text(place.x + kLeft, place.y + 20, panel.title, 14, Anchor::Start, "#222222", true);
  if (panel.values.empty()) {
    svg.text(place.x + kLeft, place.y + kPanelHeight / 2, "no case has this value", kSmallText);
    return;
  }
  const Bins bins = count_bins(panel.values);
  const Axis values = value_axis(panel, bins, place);
  const Axis shares = share_axis(bins, place);
  draw_axes(svg, values, shares);
  for (std::size_t i = 0; i < bins.percent.size(); ++i) {
    const double left = values.at(bins.low + bins.width * static_cast<double>(i));
    const double right = values.at(bins.low + bins.width * static_cast<double>(i + 1));
    const double top = shares.at(bins.percent[i]);
    svg.rectangle(
        left + 0.5, top, std::max(0.5, right - left - 1), shares.from - top, palette(4), 0.9);
  }
  if (panel.reference) {
    for (const double quartile : *panel.reference) {
      const double x = values.at(quartile);
      svg.dashed_line(x, shares.to, x, shares.from, palette(1), 1.5);
    }
  }
}

}  // namespace

std::string histograms_svg(const std::string& title,
                           const std::vector<Histogram>& panels,
                           const std::string& reference_name) {
  const std::size_t rows = (panels.size() + kColumns - 1) / kColumns;
  Svg svg(kPanelWidth * kColumns,
          kHead + kPanelHeight * static_cast<double>(rows),
          title,
          "Histograms; bars are percent of the cases");
  svg.text(kLeft, 26, title, 16, Anchor::Start, "#222222", true);
  const bool compared = std::any_of(
      panels.begin(), panels.end(), [](const Histogram& panel) { return !!panel.reference; });
  svg.text(kLeft,
           46,
           compared ? "Bars: percent of cases. Dashed: P25, P50, P75 of " + reference_name
                    : "Bars: percent of cases.",
           kSmallText);
  for (std::size_t i = 0; i < panels.size(); ++i) {
    draw_panel(svg,
               panels[i],
               {.x = kPanelWidth * static_cast<double>(i % kColumns),
                .y = kHead + kPanelHeight * static_cast<double>(i / kColumns)});
  }
  return svg.finish();
}

}  // namespace yates::report
