// SPDX-License-Identifier: Apache-2.0
// Are the residuals of the runs normal? Their quantiles against those of the normal.
#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/plot_style.hpp"
#include "launcher/study/distributions.hpp"
#include "launcher/study/run_sigma.hpp"
#include "launcher/study/summary.hpp"

namespace yates::report {
namespace {

constexpr Frame kFrame{.left = 74, .top = 44, .width = 460, .height = 320};
constexpr std::size_t kFewest = 6;

}  // namespace

std::string residual_figure(const study::Analysis& analysis) {
  const study::Response& response = shown_response(analysis);
  const study::RunResiduals model = study::run_residuals(analysis.data.table(response));
  std::vector<double> residuals = model.values;
  const double spread = residuals.empty() ? 0 : study::standard_deviation(residuals);
  if (residuals.size() < kFewest || model.df < 2 || !(spread > 0)) {
    return "";
  }
  std::sort(residuals.begin(), residuals.end());
  const auto n = static_cast<double>(residuals.size());
  std::vector<double> quantiles;
  for (std::size_t i = 0; i < residuals.size(); ++i) {
    // Blom's plotting positions.
    quantiles.push_back(study::normal_quantile((static_cast<double>(i) + .625) / (n + .25)));
  }
  const Axis x = make_axis(quantiles, kFrame.left, kFrame.right(), 6);
  const Axis y = make_axis(residuals, kFrame.bottom(), kFrame.top, 6);
  const std::string label = response_label(response.metric, response.region);
  const std::string text = fmt::format(
      "n = {} runs, {:.0f} degrees of freedom after the model {}. The line goes through the "
      "quartiles; points far off it at the ends mean heavy tails, a step means two modes.",
      residuals.size(),
      model.df,
      analysis.data.seeds_are_blocks ? "cell + seed" : "cell");
  Svg svg(kFrame.right() + 24,
          kFrame.bottom() + kCaptionGap + 17.0 * caption_lines(kFrame.width, text),
          "Normal plot of residuals, " + label,
          text);
  svg.text(kFrame.left, 24, "Residuals, " + label, kSmallText + 1, Anchor::Start, kInk, true);
  draw_ground(svg, kFrame);
  draw_x_axis(svg, kFrame, x, "normal quantile");
  draw_y_axis(svg, kFrame, y, "residual");
  const double low = study::quantile(residuals, .25);
  const double high = study::quantile(residuals, .75);
  const double slope = (high - low) / (2 * study::normal_quantile(.75));
  const double middle = (low + high) / 2;
  // The part of the line inside the panel.
  const auto clip = [&](double q) { return std::clamp(middle + slope * q, y.low, y.high); };
  if (slope > 0) {
    const double from = std::max(x.low, (y.low - middle) / slope);
    const double to = std::min(x.high, (y.high - middle) / slope);
    svg.line(x.at(from), y.at(clip(from)), x.at(to), y.at(clip(to)), kFaint, 1.5);
  }
  for (std::size_t i = 0; i < residuals.size(); ++i) {
    svg.marker(Marker::Circle, x.at(quantiles[i]), y.at(residuals[i]), kMarkSize - 1, palette(0));
  }
  draw_caption(svg, kFrame.left, kFrame.bottom() + kCaptionGap, kFrame.width, text);
  return svg.finish();
}

}  // namespace yates::report
