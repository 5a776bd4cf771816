// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "launcher/report/axis.hpp"
#include "launcher/report/document.hpp"
#include "launcher/report/effects_csv.hpp"
#include "launcher/report/effects_json.hpp"
#include "launcher/report/figures.hpp"
#include "launcher/report/svg.hpp"
#include "launcher/study/cell_table.hpp"

namespace yates::report {
namespace {

study::Analysis small_study() {
  study::StudyData data = study::read_cell_table(
      parse_csv("a<b,p|q,seed,dice\n-,off,1,10\n+,off,1,11\n-,on,1,12\n+,on,1,18\n-,off,2,20\n+,"
                "off,2,21.1\n"
                "-,on,2,22\n+,on,2,28.2\n-,off,3,30\n+,off,3,30.9\n-,on,3,32\n+,on,3,37.7\n",
                "t.csv"),
      {.factors = {"a<b", "p|q"}, .responses = {"dice"}});
  study::AnalysisOptions options;
  options.primary =
      study::PrimaryContrast{.metric = "dice", .region = "", .contrast = "a<b:p|q", .delta = 1.0};
  return study::analyze(std::move(data), std::move(options));
}

const Provenance kProvenance{
    .title = "small & simple", .version = "0", .inputs = {{"t.csv", "00"}}, .stamps = {}};

TEST(Report, EqualInputsGiveEqualBytes) {
  const Document one = make_document(small_study(), kProvenance);
  const Document two = make_document(small_study(), kProvenance);
  EXPECT_EQ(render_html(one), render_html(two));
  EXPECT_EQ(render_latex(one), render_latex(two));
  EXPECT_EQ(effects_json(small_study(), kProvenance).dump(),
            effects_json(small_study(), kProvenance).dump());
}

TEST(Report, TheVerdictComesFirst) {
  const Document document = make_document(small_study(), kProvenance);
  ASSERT_FALSE(document.lead.empty());
  EXPECT_NE(document.lead[0].find("positive"), std::string::npos);
  EXPECT_NE(document.lead[0].find("n = 3 seeds"), std::string::npos);
  EXPECT_EQ(document.sections.at(0).title, "Verdict");
}

TEST(Report, NamesAreEscapedInEveryFormat) {
  const Document document = make_document(small_study(), kProvenance);
  const std::string html = render_html(document);
  EXPECT_EQ(html.find("a<b"), std::string::npos);
  EXPECT_NE(html.find("small &amp; simple"), std::string::npos);
  EXPECT_NE(render_markdown(document).find("p\\|q"), std::string::npos);
  EXPECT_EQ(render_latex(document).find("a<b"), std::string::npos);
}

TEST(Report, ThePageIsSelfContained) {
  const std::string html = render_html(make_document(small_study(), kProvenance));
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("<img"), std::string::npos);
  EXPECT_EQ(html.find("<link"), std::string::npos);
  EXPECT_NE(html.find("<svg"), std::string::npos);
}

TEST(Report, InteractionPlotHasALinePerSeed) {
  const std::string svg = interaction_figure(small_study());
  std::size_t thin = 0;
  for (std::size_t at = 0; (at = svg.find("stroke-width=\"0.6\"", at)) != std::string::npos; ++at) {
    ++thin;
  }
  EXPECT_EQ(thin, 6U);
}

TEST(Report, JsonHasTheKeysOfTheContractAndNoNan) {
  const Json json = effects_json(small_study(), kProvenance);
  for (const char* key : {"schema",
                          "provenance",
                          "cells",
                          "effects",
                          "contrasts",
                          "anova",
                          "variance",
                          "lenth",
                          "modes",
                          "leave_one_run_out",
                          "looks",
                          "aliases",
                          "estimable",
                          "not_estimable",
                          "warnings"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  const Json& row = json["contrasts"][0];
  for (const char* key : {"name",
                          "at",
                          "metric",
                          "region",
                          "target",
                          "method",
                          "estimate",
                          "se",
                          "df",
                          "ci",
                          "p",
                          "p_holm",
                          "n",
                          "mde",
                          "tost_p",
                          "higher_is_better",
                          "primary",
                          "verdict"}) {
    EXPECT_TRUE(row.contains(key)) << key;
  }
  EXPECT_EQ(json.dump().find("\"nan\""), std::string::npos);
}

TEST(Report, CsvTablesReadBack) {
  const CsvTable effects = parse_csv(effects_csv(small_study()), "effects.csv");
  EXPECT_NEAR(effects.number(0, effects.column("estimate")),
              (18 - 12 - 11 + 10 + 28.2 - 22 - 21.1 + 20 + 37.7 - 32 - 30.9 + 30) / 3,
              1e-9);
  EXPECT_EQ(parse_csv(cells_csv(small_study()), "cells.csv").rows.size(), 4U);
}

TEST(Axis, TicksAreRoundAndInside) {
  const Axis axis = make_axis({88.2, 91.4}, 0, 100, 5);
  EXPECT_EQ(axis.decimals, 0);
  EXPECT_EQ(axis.label(axis.ticks.front()), "89");
  EXPECT_NEAR(axis.at(axis.low), 0, 1e-12);
  for (const double tick : axis.ticks) {
    EXPECT_TRUE(tick >= axis.low && tick <= axis.high);
  }
}

TEST(Axis, OneValueOrNoneStillHasARange) {
  EXPECT_LT(make_axis({5}, 0, 1).low, 5);
  EXPECT_LT(make_axis({}, 0, 1).low, make_axis({}, 0, 1).high);
  EXPECT_LT(make_axis({0, std::numeric_limits<double>::quiet_NaN()}, 0, 1).low, 0);
  EXPECT_EQ(make_axis({-1, 1}, 0, 1).label(-0.0), "0.0");
}

TEST(Svg, NumbersAreShortAndTextIsEscaped) {
  Svg svg(10, 20.5, "a<b", "d");
  svg.line(0, -0.001, 1.0 / 3, 2, "#000000", 1);
  EXPECT_NE(svg.finish().find("x1=\"0\" y1=\"0\" x2=\"0.33\" y2=\"2\""), std::string::npos);
  EXPECT_NE(svg.finish().find("a&lt;b"), std::string::npos);
}

}  // namespace
}  // namespace yates::report
