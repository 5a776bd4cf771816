// SPDX-License-Identifier: Apache-2.0
// The primary contrast case by case: a mean over cases can be the work of a few.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/plot_style.hpp"
#include "launcher/study/contrast.hpp"
#include "launcher/study/summary.hpp"

namespace yates::report {
namespace {

constexpr Frame kFrame{.left = 70, .top = 40, .width = 860, .height = 260};
constexpr std::size_t kNamed = 3;

struct CaseValue {
  double value = 0;
  std::size_t index = 0;
};

/// The question of the figure: the primary contrast, else the first two-factor interaction listed.
std::optional<study::Contrast> shown_contrast(const study::Analysis& analysis) {
  const study::Design& design = analysis.data.design;
  if (analysis.options.primary) {
    return study::parse_contrast(
        design, analysis.options.primary->contrast, analysis.options.primary->at);
  }
  for (const study::ContrastSummary& row : analysis.contrasts) {
    if (row.order == 2) {
      return study::parse_contrast(design, row.name, row.at);
    }
  }
  return std::nullopt;
}

/// The contrast of each case, its values averaged over the runs of a cell; ascending.
std::vector<CaseValue> case_contrasts(const study::Analysis& analysis,
                                      const study::Response& response,
                                      const study::Contrast& contrast) {
  std::vector<CaseValue> found;
  for (std::size_t c = 0; c < analysis.data.cases.size(); ++c) {
    std::vector<std::vector<double>> values(analysis.data.design.size());
    for (std::size_t run = 0; run < analysis.data.runs.size(); ++run) {
      values[analysis.data.runs[run].cell].push_back(response.case_values[run][c]);
    }
    std::vector<double> means;
    for (const auto& cell : values) {
      means.push_back(study::mean(cell));
    }
    const double value = contrast.estimate(means);
    if (std::isfinite(value)) {
      found.push_back({value, c});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const CaseValue& a, const CaseValue& b) {
    return a.value < b.value;
  });
  return found;
}

std::string named(const study::Analysis& analysis, const CaseValue& value) {
  return fmt::format("{} ({})", analysis.data.cases[value.index], signed_number(value.value, 1));
}

std::string caption(const study::Analysis& analysis,
                    const std::vector<CaseValue>& values,
                    double mean) {
  std::vector<std::string> low;
  std::vector<std::string> high;
  for (std::size_t i = 0; i < std::min(kNamed, values.size()); ++i) {
    low.push_back(named(analysis, values[i]));
    high.push_back(named(analysis, values[values.size() - 1 - i]));
  }
  const auto above = std::count_if(
      values.begin(), values.end(), [](const CaseValue& value) { return value.value > 0; });
  return fmt::format(
      "n = {} cases, each the mean over its runs ({} runs in all); {} above zero. Dashed: the mean "
      "over cases, {}. Lowest: {}; highest: {}.",
      values.size(),
      analysis.data.runs.size(),
      above,
      signed_number(mean),
      join(low, ", "),
      join(high, ", "));
}

}  // namespace

std::string waterfall_figure(const study::Analysis& analysis) {
  const study::Response& response = shown_response(analysis);
  const auto contrast = shown_contrast(analysis);
  if (response.case_values.empty() || !contrast) {
    return "";
  }
  const std::vector<CaseValue> values = case_contrasts(analysis, response, *contrast);
  if (values.size() < 2) {
    return "";
  }
  std::vector<double> all = {0};
  double sum = 0;
  for (const CaseValue& value : values) {
    all.push_back(value.value);
    sum += value.value;
  }
  const double mean = sum / static_cast<double>(values.size());
  const Axis y = make_axis(all, kFrame.bottom(), kFrame.top, 6);
  const std::string label = response_label(response.metric, response.region);
  const std::string title = contrast_label(analysis.data.design, contrast->name, contrast->at);
  const std::string text = caption(analysis, values, mean);
  Svg svg(kFigureWidth,
          kFrame.bottom() + 44 + 17.0 * caption_lines(kFrame.width, text),
          title + " case by case, " + label,
          text);
  svg.text(kFrame.left, 22, title + " case by case", kSmallText + 1, Anchor::Start, kInk, true);
  draw_ground(svg, kFrame);
  draw_y_axis(svg, kFrame, y, label);
  const double step = kFrame.width / static_cast<double>(values.size());
  const double gap = step > 4 ? 1 : 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double end = y.at(values[i].value);
    const double zero = y.at(0);
    svg.rectangle(kFrame.left + step * static_cast<double>(i) + gap / 2,
                  std::min(end, zero),
                  step - gap,
                  std::abs(end - zero),
                  palette(values[i].value < 0 ? 1 : 0));
  }
  svg.line(kFrame.left, y.at(0), kFrame.right(), y.at(0), kInk, 1);
  svg.dashed_line(kFrame.left, y.at(mean), kFrame.right(), y.at(mean), kInk, 1.5);
  svg.text(kFrame.left + kFrame.width / 2,
           kFrame.bottom() + kTickGap,
           "cases, sorted",
           kSmallText,
           Anchor::Middle);
  draw_caption(svg, kFrame.left, kFrame.bottom() + 40, kFrame.width, text);
  return svg.finish();
}

}  // namespace yates::report
