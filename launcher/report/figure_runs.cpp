// SPDX-License-Identifier: Apache-2.0
// Every run as a dot, and the half-normal plot of unreplicated effects.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "launcher/report/axis.hpp"
#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/svg.hpp"
#include "launcher/study/distributions.hpp"

namespace yates::report {
namespace {

constexpr double kRow = 24;
constexpr double kLabelWidth = 330;
constexpr double kPlotWidth = 480;
constexpr double kTop = 34;
constexpr double kBottom = 66;

std::string seed_caption(const study::StudyData& data) {
  const bool marked = std::any_of(
      data.runs.begin(), data.runs.end(), [](const auto& run) { return run.status != "ok"; });
  return fmt::format("Each mark is one run, {} in all; colour: {}.{}",
                     data.runs.size(),
                     data.seeds_are_blocks ? "seed" : "replicate",
                     marked ? " Crosses: collapsed or diverged." : "");
}

/// The distinct seeds, ascending: their place gives the colour.
std::vector<std::int64_t> seeds_of(const study::StudyData& data) {
  std::vector<std::int64_t> seeds;
  for (const study::RunRecord& run : data.runs) {
    seeds.push_back(run.seed);
  }
  std::sort(seeds.begin(), seeds.end());
  seeds.erase(std::unique(seeds.begin(), seeds.end()), seeds.end());
  return seeds;
}

}  // namespace

std::string strip_figure(const study::Analysis& analysis) {
  const study::StudyData& data = analysis.data;
  const study::Response& response = shown_response(analysis);
  const std::vector<std::int64_t> seeds = seeds_of(data);
  std::vector<std::size_t> rows;
  for (std::size_t cell = 0; cell < data.design.size(); ++cell) {
    if (data.design.is_run(cell)) {
      rows.push_back(cell);
    }
  }
  const double bottom = kTop + kRow * static_cast<double>(rows.size());
  const std::string label = response_label(response.metric, response.region);
  Svg svg(
      kLabelWidth + kPlotWidth + 30, bottom + kBottom, "All runs, " + label, seed_caption(data));
  const Axis axis = make_axis(response.run_values, kLabelWidth, kLabelWidth + kPlotWidth, 7);
  svg.text(kLabelWidth, kTop - 12, label, kSmallText + 1, Anchor::Start, "#222222", true);
  svg.rectangle(kLabelWidth, kTop, kPlotWidth, bottom - kTop, "#f5f5f5");
  for (const double tick : axis.ticks) {
    svg.line(axis.at(tick), kTop, axis.at(tick), bottom, "#ffffff", 1.5);
    svg.text(axis.at(tick), bottom + 16, axis.label(tick), kSmallText, Anchor::Middle);
  }
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const double y = kTop + kRow * (static_cast<double>(row) + 0.5);
    svg.text(kLabelWidth - 12,
             y + 4,
             data.design.describe(data.design.levels(rows[row])),
             kSmallText,
             Anchor::End);
    for (std::size_t run = 0; run < data.runs.size(); ++run) {
      if (data.runs[run].cell == rows[row]) {
        const auto color =
            std::lower_bound(seeds.begin(), seeds.end(), data.runs[run].seed) - seeds.begin();
        svg.marker(data.runs[run].status == "ok" ? Marker::Circle : Marker::Cross,
                   axis.at(response.run_values[run]),
                   y,
                   4,
                   palette(static_cast<std::size_t>(color)));
      }
    }
  }
  svg.text(kLabelWidth, bottom + 40, seed_caption(data), kSmallText, Anchor::Start, "#555555");
  return svg.finish();
}

std::string half_normal_figure(const study::Analysis& analysis) {
  if (analysis.lenth.empty()) {
    return "";
  }
  const study::LenthSummary& lenth = analysis.lenth.front();
  std::vector<const study::FactorialEffect*> effects;
  std::vector<double> sizes = {0, lenth.result.me_simulated, lenth.result.sme_simulated};
  for (const study::FactorialEffect& effect : lenth.effects) {
    effects.push_back(&effect);
    sizes.push_back(std::abs(effect.effect));
  }
  std::stable_sort(effects.begin(), effects.end(), [](const auto* a, const auto* b) {
    return std::abs(a->effect) < std::abs(b->effect);
  });
  constexpr double kLeft = 60;
  constexpr double kHeight = 300;
  const std::string label = response_label(lenth.metric, lenth.region);
  Svg svg(760,
          kHeight + 110,
          "Half-normal plot of effects, " + label,
          "Lenth's margins as dashed lines");
  const Axis x = make_axis(sizes, kLeft, kLeft + 640, 7);
  const auto m = static_cast<double>(effects.size());
  const Axis y =
      make_axis({0, study::normal_quantile(.5 + .5 * (m - .5) / m)}, kTop + kHeight, kTop, 5);
  svg.rectangle(kLeft, kTop, 640, kHeight, "#f5f5f5");
  for (const double tick : x.ticks) {
    svg.line(x.at(tick), kTop, x.at(tick), kTop + kHeight, "#ffffff", 1.5);
    svg.text(x.at(tick), kTop + kHeight + 16, x.label(tick), kSmallText, Anchor::Middle);
  }
  for (const double tick : y.ticks) {
    svg.text(kLeft - 6, y.at(tick) + 4, y.label(tick), kSmallText, Anchor::End);
  }
  for (const auto& [limit, name] :
       {std::pair(lenth.result.me_simulated, "ME"), std::pair(lenth.result.sme_simulated, "SME")}) {
    svg.dashed_line(x.at(limit), kTop, x.at(limit), kTop + kHeight, palette(1), 1.5);
    svg.text(x.at(limit), kTop - 8, name, kSmallText, Anchor::Middle, palette(1));
  }
  for (std::size_t i = 0; i < effects.size(); ++i) {
    const double height = study::normal_quantile(.5 + .5 * (static_cast<double>(i) + .5) / m);
    const double at = x.at(std::abs(effects[i]->effect));
    svg.marker(Marker::Circle, at, y.at(height), 4, palette(0));
    svg.text(at + 8, y.at(height) + 4, effects[i]->term, kSmallText);
  }
  svg.text(
      kLeft + 320, kTop + kHeight + 36, "size of the effect, " + label, kSmallText, Anchor::Middle);
  svg.vertical_text(18, kTop + kHeight / 2, "half-normal quantile", kSmallText);
  svg.text(kLeft,
           kTop + kHeight + 64,
           fmt::format("{} effects of single runs, n = 1 per cell. ME, SME: Lenth's margins, "
                       "simulated, {:.0f}%.",
                       effects.size(),
                       100 * (1 - analysis.options.alpha)),
           kSmallText,
           Anchor::Start,
           "#555555");
  return svg.finish();
}

}  // namespace yates::report
