// SPDX-License-Identifier: Apache-2.0
// Effects of single runs against the noise among them: the half-normal plot.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/plot_style.hpp"
#include "launcher/study/distributions.hpp"

namespace yates::report {
namespace {

constexpr Frame kFrame{.left = 64, .top = 44, .width = 700, .height = 320};
constexpr double kLabelHeight = 13;

std::string caption(const study::Analysis& analysis, const study::LenthSummary& lenth) {
  return fmt::format(
      "{} effects of single runs, n = 1 per cell{}; ME, SME: Lenth's margins for one effect and "
      "for "
      "the largest of all, simulated, {:.0f} %. Noise alone lies on a line through the origin.",
      lenth.effects.size(),
      lenth.at.empty() ? "" : ", at " + analysis.data.design.describe(lenth.at),
      100 * (1 - analysis.options.alpha));
}

/// Names beside the marks, moved up where one would cover the one before.
void draw_names(Svg& svg,
                const std::vector<std::pair<double, double>>& places,
                const std::vector<const study::FactorialEffect*>& effects) {
  double left = 0;
  double lowest = 1e9;
  for (std::size_t i = effects.size(); i-- > 0;) {
    const auto [x, y] = places[i];
    const bool at_edge = x + 10 + text_width(effects[i]->term, kSmallText) > kFrame.right();
    const double height = std::max(y + 4, i + 1 == effects.size() ? 0 : lowest + kLabelHeight);
    const bool beside = height <= y + 12;
    left = at_edge ? x - 8 : x + 8;
    if (beside) {
      svg.text(left, height, effects[i]->term, kSmallText, at_edge ? Anchor::End : Anchor::Start);
      lowest = height;
    }
  }
}

}  // namespace

std::string half_normal_figure(const study::Analysis& analysis) {
  const study::LenthSummary* shown = shown_lenth(analysis);
  if (shown == nullptr) {
    return "";
  }
  const study::LenthSummary& lenth = *shown;
  std::vector<const study::FactorialEffect*> effects;
  std::vector<double> sizes = {0, lenth.result.me_simulated, lenth.result.sme_simulated};
  for (const study::FactorialEffect& effect : lenth.effects) {
    effects.push_back(&effect);
    sizes.push_back(std::abs(effect.effect));
  }
  std::stable_sort(effects.begin(), effects.end(), [](const auto* a, const auto* b) {
    return std::abs(a->effect) < std::abs(b->effect);
  });
  const std::string label = response_label(lenth.metric, lenth.region);
  const std::string text = caption(analysis, lenth);
  Svg svg(kFrame.right() + 24,
          kFrame.bottom() + kCaptionGap + 17.0 * caption_lines(kFrame.width, text),
          "Half-normal plot of effects, " + label,
          text);
  const auto m = static_cast<double>(effects.size());
  const auto quantile = [&](double rank) {
    return study::normal_quantile(.5 + .5 * (rank - .5) / m);
  };
  const Axis x = make_axis(sizes, kFrame.left, kFrame.right(), 7);
  const Axis y = make_axis({0, quantile(m)}, kFrame.bottom(), kFrame.top, 5);
  draw_ground(svg, kFrame);
  draw_x_axis(svg, kFrame, x, "size of the effect, " + label);
  draw_y_axis(svg, kFrame, y, "half-normal quantile");
  for (const auto& [limit, name] :
       {std::pair(lenth.result.me_simulated, "ME"), std::pair(lenth.result.sme_simulated, "SME")}) {
    svg.dashed_line(x.at(limit), kFrame.top, x.at(limit), kFrame.bottom(), palette(1), 1.5);
    svg.text(x.at(limit), kFrame.top - 8, name, kSmallText, Anchor::Middle, palette(1));
  }
  std::vector<std::pair<double, double>> places;
  for (std::size_t i = 0; i < effects.size(); ++i) {
    places.emplace_back(x.at(std::abs(effects[i]->effect)),
                        y.at(quantile(static_cast<double>(i) + 1)));
    svg.marker(Marker::Circle, places[i].first, places[i].second, kMarkSize, palette(0));
  }
  draw_names(svg, places, effects);
  draw_caption(svg, kFrame.left, kFrame.bottom() + kCaptionGap, kFrame.width, text);
  return svg.finish();
}

}  // namespace yates::report
