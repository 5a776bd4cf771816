// SPDX-License-Identifier: Apache-2.0
// The figures: complete, readable, and with equal bytes.
#include "launcher/report/figures.hpp"

#include <algorithm>
#include <functional>
#include <regex>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "launcher/report/figure_power.hpp"
#include "launcher/report/plot_style.hpp"
#include "launcher/study/cell_table.hpp"
#include "launcher/study/results_table.hpp"

namespace yates::report {
namespace {

/// 2 x 2 x 2 with `seeds` seeds, two cases, one collapsed run.
study::Analysis replicated(int seeds) {
  std::string text = "relocate,prune,width,seed,case,region,dice,hd95_mm,status\n";
  for (int seed = 1; seed <= seeds; ++seed) {
    for (int cell = 0; cell < 8; ++cell) {
      for (int c = 0; c < 2; ++c) {
        const bool collapsed = seed == 2 && cell == 5;
        const double dice = .7 + .01 * seed + .02 * (cell % 3) + .01 * c +
                            .001 * ((seed * 5 + cell * 3 + c) % 4) - (collapsed ? .3 : 0);
        text += fmt::format("{},{},{},{},case{},mean,{},{},{}\n",
                            cell % 2 == 0 ? "-" : "+",
                            cell / 2 % 2 == 0 ? "-" : "+",
                            cell < 4 ? 48 : 32,
                            seed,
                            c,
                            dice,
                            100 * (1 - dice),
                            collapsed ? "collapsed" : "ok");
      }
    }
  }
  study::AnalysisOptions options;
  // The spelling of the metric without its unit means the same column.
  options.primary = study::PrimaryContrast{
      .metric = "hd95", .contrast = "relocate:prune", .at = {{"width", "32"}}, .delta = 1.0};
  return study::analyze(study::read_results(parse_csv(text, "t"), {}), std::move(options));
}

study::Analysis single_runs() {
  return study::analyze(
      study::read_cell_table(parse_csv("r,p,w,dice_mean\n0,0,0,91.31\n1,0,0,89.40\n0,1,0,90.89\n"
                                       "1,1,0,88.66\n0,0,1,90.90\n1,0,1,88.45\n0,1,1,90.76\n"
                                       "1,1,1,91.23\n",
                                       "t"),
                             {.factors = {"r", "p", "w"}, .responses = {"dice_mean"}}),
      {});
}

const std::pair<const char*, std::function<std::string(const study::Analysis&)>> kFigures[] = {
    {"interaction", interaction_figure},
    {"forest", forest_figure},
    {"strip", strip_figure},
    {"pareto", pareto_figure},
    {"heat map", heat_map_figure},
    {"waterfall", waterfall_figure},
    {"residuals", residual_figure}};

/// Every number after `attribute` in the drawing.
std::vector<double> numbers(const std::string& svg, const std::string& attribute) {
  std::vector<double> found;
  const std::regex pattern(attribute + "=\"(-?[0-9.]+)\"");
  for (std::sregex_iterator at(svg.begin(), svg.end(), pattern), end; at != end; ++at) {
    found.push_back(std::stod((*at)[1]));
  }
  return found;
}

void expect_readable(const std::string& name, const std::string& svg) {
  ASSERT_FALSE(svg.empty()) << name;
  for (const double size : numbers(svg, "font-size")) {
    EXPECT_GE(size, kSmallText) << name;
  }
  const double width = numbers(svg, "width").front();
  const double height = numbers(svg, "height").front();
  for (const char* attribute : {" x", " cx", "x1", "x2"}) {
    for (const double x : numbers(svg, attribute)) {
      EXPECT_TRUE(x >= 0 && x <= width) << name << " " << attribute << " " << x;
    }
  }
  for (const char* attribute : {" y", " cy", "y1", "y2"}) {
    for (const double y : numbers(svg, attribute)) {
      EXPECT_TRUE(y >= 0 && y <= height) << name << " " << attribute << " " << y;
    }
  }
}

/// No text runs over the right or left edge.
void expect_whole_texts(const std::string& name, const std::string& svg) {
  const double width = numbers(svg, "width").front();
  const std::regex pattern(
      "<text x=\"([0-9.]+)\" y=\"[0-9.]+\" font-size=\"([0-9.]+)\" text-anchor=\"(\\w+)\"[^>]*>"
      "([^<]*)<");
  for (std::sregex_iterator at(svg.begin(), svg.end(), pattern), end; at != end; ++at) {
    const double x = std::stod((*at)[1]);
    const std::string text = std::regex_replace((*at)[4].str(), std::regex("&[#a-z0-9]+;"), "'");
    const double room = text_width(text, std::stod((*at)[2]));
    const std::string anchor = (*at)[3];
    const double left = anchor == "start" ? x : anchor == "end" ? x - room : x - room / 2;
    EXPECT_GE(left, 0) << name << ": " << (*at)[4];
    EXPECT_LE(left + room, width) << name << ": " << (*at)[4];
  }
}

TEST(Figures, AreCompleteAndReadable) {
  const study::Analysis analysis = replicated(3);
  for (const auto& [name, draw] : kFigures) {
    const std::string svg = draw(analysis);
    expect_readable(name, svg);
    expect_whole_texts(name, svg);
    EXPECT_TRUE(svg.find("n = ") != std::string::npos || std::string(name) == "pareto" ||
                std::string(name) == "heat map")
        << name << " does not say n";
    EXPECT_EQ(svg.find("nan"), std::string::npos) << name;
  }
}

TEST(Figures, EqualAnalysesGiveEqualBytes) {
  const study::Analysis one = replicated(3);
  const study::Analysis two = replicated(3);
  for (const auto& [name, draw] : kFigures) {
    EXPECT_EQ(draw(one), draw(two)) << name;
  }
}

TEST(Figures, SingleRunsHaveLenthsMarginsAndNoIntervals) {
  const study::Analysis analysis = single_runs();
  for (const auto& draw : {half_normal_figure, pareto_figure}) {
    const std::string svg = draw(analysis);
    expect_readable("single runs", svg);
    expect_whole_texts("single runs", svg);
    EXPECT_NE(svg.find(">SME<"), std::string::npos);
  }
  expect_readable("heat map", heat_map_figure(analysis));
  EXPECT_TRUE(residual_figure(analysis).empty());
  EXPECT_TRUE(waterfall_figure(analysis).empty());
  EXPECT_NE(interaction_figure(analysis).find("Single runs"), std::string::npos);
}

TEST(Figures, TheMetricWithoutItsUnitIsTheSameMetric) {
  EXPECT_EQ(shown_response(replicated(2)).metric, "hd95_mm");
}

TEST(Figures, CollapsedRunsAreCrossesAndGroupsHaveShapes) {
  const std::string svg = strip_figure(replicated(3));
  EXPECT_NE(svg.find("Crosses: collapsed"), std::string::npos);
}

TEST(Figures, LongNamesAreNotCut) {
  std::string text = "a_factor_with_a_very_long_name,another_factor_with_a_long_name,y\n";
  for (const char* a : {"the low level of it", "the high level of it"}) {
    for (const char* b : {"first of two", "second of two"}) {
      text += fmt::format("{},{},{}\n{},{},{}\n", a, b, 1 + (a[4] == 'h'), a, b, 3);
    }
  }
  study::AnalysisOptions options;
  const study::Analysis analysis = study::analyze(
      study::read_cell_table(
          parse_csv(text, "t"),
          {.factors = {"a_factor_with_a_very_long_name", "another_factor_with_a_long_name"},
           .responses = {"y"}}),
      options);
  for (const auto& [name, draw] : kFigures) {
    if (const std::string svg = draw(analysis); !svg.empty()) {
      expect_whole_texts(name, svg);
    }
  }
}

TEST(Figures, ThePowerCurveShowsWhatTheBudgetPaysFor) {
  study::PowerQuestion question{.contrast = "a:b", .seeds = 5};
  const study::PowerPlan plan = study::plan_power(question, {.value = .5, .df = 6});
  const std::string svg = power_figure(plan, "Dice points");
  expect_readable("power", svg);
  expect_whole_texts("power", svg);
  EXPECT_NE(svg.find("5 seeds, as declared"), std::string::npos);
}

TEST(PlotStyle, WidthsOfTextsAreNotUnderestimated) {
  // Helvetica at 12 px: "inconclusive" 63.4, "HD95 mean (mm)" 90.7, measured by a renderer.
  EXPECT_GE(text_width("inconclusive", 12), 63.4);
  EXPECT_GE(text_width("HD95 mean (mm)", 12), 90.7);
  EXPECT_EQ(caption_lines(1000, "a b c"), 1);
  EXPECT_GE(caption_lines(100, "a caption that is far too long for one line of this width"), 3);
}

}  // namespace
}  // namespace yates::report
