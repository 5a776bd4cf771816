// SPDX-License-Identifier: Apache-2.0
// All effects by size, with the margin that each must pass.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/plot_style.hpp"
#include "launcher/study/contrast.hpp"
#include "launcher/study/verdict.hpp"

namespace yates::report {
namespace {

constexpr double kRow = 22;
constexpr double kPlotWidth = 560;
constexpr double kTop = 56;
constexpr std::size_t kMostEffects = 31;

struct Bar {
  std::string term;
  double effect = 0;
  std::optional<double> margin;  ///< Half width of its interval.
};

/// Half the width of the effect's interval from the replicates; nothing for single runs, and for
/// effects of a part of the design, whose names mean other contrasts in the whole.
std::optional<double> margin_of(const study::Analysis& analysis,
                                const study::RunTable& table,
                                const study::EffectSummary& row) {
  if (!analysis.data.design.complete()) {
    return std::nullopt;
  }
  const study::Contrast contrast =
      study::parse_contrast(analysis.data.design, row.effect.term, row.at);
  auto estimate = study::blocked_t(table, contrast);
  if (!estimate) {
    estimate = study::pooled_t(table, contrast);
  }
  if (!estimate || row.effect.interaction == 0) {
    return std::nullopt;
  }
  const study::Interval interval = study::t_interval(*estimate, analysis.options.alpha);
  const double scale = std::abs(row.effect.effect / row.effect.interaction);
  return std::isnan(interval.low) ? std::nullopt
                                  : std::optional(scale * (interval.high - interval.low) / 2);
}

std::vector<Bar> bars_of(const study::Analysis& analysis, const study::Response& response) {
  const study::RunTable table = analysis.data.table(response);
  std::vector<Bar> bars;
  for (const study::EffectSummary& row : analysis.effects) {
    if (row.metric == response.metric && row.region == response.region) {
      bars.push_back({row.effect.term, row.effect.effect, margin_of(analysis, table, row)});
    }
  }
  std::stable_sort(bars.begin(), bars.end(), [](const Bar& a, const Bar& b) {
    return std::abs(a.effect) > std::abs(b.effect);
  });
  bars.resize(std::min(bars.size(), kMostEffects));
  return bars;
}

std::string caption(const study::Analysis& analysis,
                    const std::vector<Bar>& bars,
                    const study::LenthSummary* lenth) {
  std::string text = fmt::format("{} effects (high minus low level, others averaged), {} runs.",
                                 bars.size(),
                                 analysis.data.runs.size());
  if (lenth != nullptr) {
    return text + fmt::format(" n = 1 per cell. ME, SME: Lenth's margins, simulated, {:.0f} %.",
                              100 * (1 - analysis.options.alpha));
  }
  if (bars.front().margin) {
    text +=
        fmt::format(" Black mark: a longer bar differs from zero at {:.3g} (t, each by itself).",
                    analysis.options.alpha);
  }
  return text;
}

void draw_bar(Svg& svg, const Axis& axis, const Bar& bar, double y, double left) {
  const double end = axis.at(std::abs(bar.effect));
  svg.rectangle(axis.at(0), y + 3, end - axis.at(0), kRow - 6, palette(bar.effect < 0 ? 1 : 0));
  svg.text(left - 10, y + kRow / 2 + 4, bar.term, kSmallText, Anchor::End);
  const double mark = bar.margin ? axis.at(*bar.margin) : 0;
  if (bar.margin) {
    svg.line(mark, y + 1, mark, y + kRow - 1, kInk, 2);
  }
  svg.text(std::max(end, mark) + 6,
           y + kRow / 2 + 4,
           signed_number(bar.effect),
           kSmallText,
           Anchor::Start,
           kFaint);
}

}  // namespace

std::string pareto_figure(const study::Analysis& analysis) {
  const study::LenthSummary* lenth = shown_lenth(analysis);
  const study::Response& response = shown_response(analysis);
  const std::vector<Bar> bars = bars_of(analysis, response);
  if (bars.size() < 2) {
    return "";
  }
  double left = 0;
  std::vector<double> values = {0};
  for (const Bar& bar : bars) {
    left = std::max(left, text_width(bar.term, kSmallText) + 30);
    values.insert(values.end(), {std::abs(bar.effect), bar.margin.value_or(0)});
  }
  if (lenth != nullptr) {
    values.insert(values.end(), {lenth->result.me_simulated, lenth->result.sme_simulated});
  }
  const Frame frame{left, kTop, kPlotWidth, kRow * static_cast<double>(bars.size())};
  Axis axis = make_axis(values, frame.left, frame.right(), 6);
  // Bars begin at the edge.
  axis.low = 0;
  std::erase_if(axis.ticks, [](double tick) { return tick < 0; });
  const std::string label = response_label(response.metric, response.region);
  const std::string text = caption(analysis, bars, lenth);
  Svg svg(frame.right() + 60,
          frame.bottom() + kCaptionGap + 17.0 * caption_lines(frame.width, text),
          "Effects by size, " + label,
          text);
  svg.rectangle(left, 14, 14, 12, palette(0));
  svg.text(left + 20, 24, "raises " + label, kSmallText);
  const double second = left + 44 + text_width("raises " + label, kSmallText);
  svg.rectangle(second, 14, 14, 12, palette(1));
  svg.text(second + 20, 24, "lowers it", kSmallText);
  draw_ground(svg, frame);
  draw_x_axis(svg, frame, axis, "size of the effect, " + label);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    draw_bar(svg, axis, bars[i], frame.top + kRow * static_cast<double>(i), left);
  }
  if (lenth != nullptr) {
    for (const auto& [limit, name] : {std::pair(lenth->result.me_simulated, "ME"),
                                      std::pair(lenth->result.sme_simulated, "SME")}) {
      svg.dashed_line(axis.at(limit), frame.top, axis.at(limit), frame.bottom(), kInk, 1.5);
      svg.text(axis.at(limit), frame.top - 6, name, kSmallText, Anchor::Middle);
    }
  }
  draw_caption(svg, left, frame.bottom() + kCaptionGap, frame.width, text);
  return svg.finish();
}

}  // namespace yates::report
