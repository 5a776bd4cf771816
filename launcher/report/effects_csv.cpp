// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/effects_csv.hpp"

#include <cmath>
#include <vector>

#include "base/csv.hpp"
#include "base/text.hpp"

namespace yates::report {
namespace {

std::string number(double value) {
  return std::isnan(value) ? "" : format_number(value);
}

}  // namespace

std::string effects_csv(const study::Analysis& analysis) {
  std::string text = csv_line({"contrast",
                               "at",
                               "metric",
                               "region",
                               "target",
                               "method",
                               "estimate",
                               "se",
                               "df",
                               "ci_low",
                               "ci_high",
                               "p",
                               "p_holm",
                               "n",
                               "mde",
                               "tost_p",
                               "higher_is_better",
                               "headline",
                               "primary",
                               "verdict",
                               "p_hochberg",
                               "p_bh",
                               "p_by",
                               "simultaneous_low",
                               "simultaneous_high",
                               "assumed_effect",
                               "power_at_assumed",
                               "type_s",
                               "type_m"});
  for (const study::ContrastSummary& row : analysis.contrasts) {
    const bool known = !std::isnan(row.assumed_effect);
    text += csv_line({row.name,
                      analysis.data.design.describe(row.at),
                      row.metric,
                      row.region,
                      row.target,
                      to_string(row.estimate.method),
                      number(row.estimate.estimate),
                      number(row.estimate.se),
                      number(row.estimate.df),
                      number(row.interval.low),
                      number(row.interval.high),
                      number(row.p),
                      number(row.p_holm),
                      std::to_string(row.estimate.n),
                      number(row.mde),
                      number(row.tost_p),
                      row.higher_is_better ? "true" : "false",
                      row.headline ? "true" : "false",
                      row.primary ? "true" : "false",
                      to_string(row.verdict),
                      number(row.p_hochberg),
                      number(row.p_bh),
                      number(row.p_by),
                      number(row.simultaneous.low),
                      number(row.simultaneous.high),
                      number(row.assumed_effect),
                      known ? number(row.errors.power) : "",
                      known ? number(row.errors.wrong_sign) : "",
                      known ? number(row.errors.exaggeration) : ""});
  }
  return text;
}

std::string cells_csv(const study::Analysis& analysis) {
  const study::Design& design = analysis.data.design;
  std::vector<std::string> header;
  for (const study::Factor& factor : design.factors()) {
    header.push_back(factor.name);
  }
  for (const char* name : {"metric", "region", "n", "mean", "sd", "min", "max", "collapsed"}) {
    header.emplace_back(name);
  }
  std::string text = csv_line(header);
  for (const study::CellSummary& cell : analysis.cells) {
    std::vector<std::string> fields;
    for (std::size_t f = 0; f < design.factors().size(); ++f) {
      fields.push_back(design.factors()[f].levels[design.level(cell.cell, f)]);
    }
    for (std::string& field : std::vector<std::string>{cell.metric,
                                                       cell.region,
                                                       std::to_string(cell.n),
                                                       number(cell.mean),
                                                       number(cell.sd),
                                                       number(cell.min),
                                                       number(cell.max),
                                                       std::to_string(cell.collapsed)}) {
      fields.push_back(std::move(field));
    }
    text += csv_line(fields);
  }
  return text;
}

}  // namespace yates::report
