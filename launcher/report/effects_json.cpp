// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/effects_json.hpp"

#include <algorithm>
#include <cmath>

namespace yates::report {
namespace {

using study::Analysis;

constexpr int kSchema = 1;

/// A finite number, or null; an infinite one as text, for JSON has no word for it.
Json number(double value) {
  return std::isnan(value) ? Json(nullptr) : json_number(value);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

/// Factor -> level in the order of the design.
Json levels_json(const study::Design& design, const study::Levels& levels) {
  Json object = Json::object();
  for (const study::Factor& factor : design.factors()) {
    const auto found = levels.find(factor.name);
    if (found != levels.end()) {
      object[factor.name] = found->second;
    }
  }
  return object;
}

Json provenance_json(const Analysis& analysis, const Provenance& provenance) {
  Json inputs = Json::array();
  for (const auto& [file, sha256] : provenance.inputs) {
    inputs.push_back({{"file", file}, {"sha256", sha256}});
  }
  Json factors = Json::array();
  for (const study::Factor& factor : analysis.data.design.factors()) {
    factors.push_back({{"name", factor.name}, {"levels", factor.levels}});
  }
  Json json = {{"title", provenance.title}, {"yates", provenance.version}, {"inputs", inputs}};
  json["factors"] = factors;
  json["convention"] = text_or_null(analysis.data.convention);
  json["alpha"] = analysis.options.alpha;
  json["power"] = analysis.options.power;
  json["runs"] = analysis.data.runs.size();
  json["cases"] = analysis.data.cases.empty() ? Json(nullptr) : Json(analysis.data.cases.size());
  json["stamps"] = provenance.stamps;
  Json noise = Json::array();
  for (const auto& [metric, pairs] : analysis.options.noise) {
    noise.push_back({{"metric", metric}, {"sd", pairs.sd}, {"df", number(pairs.df)}});
  }
  json["noise"] = noise;
  return json;
}

Json cells_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::CellSummary& cell : analysis.cells) {
    rows.push_back(
        {{"levels", levels_json(analysis.data.design, analysis.data.design.levels(cell.cell))},
         {"metric", cell.metric},
         {"region", text_or_null(cell.region)},
         {"n", cell.n},
         {"mean", number(cell.mean)},
         {"sd", number(cell.sd)},
         {"min", number(cell.min)},
         {"max", number(cell.max)},
         {"collapsed", cell.collapsed}});
  }
  return rows;
}

Json effects_rows(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::EffectSummary& row : analysis.effects) {
    rows.push_back({{"term", row.effect.term},
                    {"at", levels_json(analysis.data.design, row.at)},
                    {"metric", row.metric},
                    {"region", text_or_null(row.region)},
                    {"coded", number(row.effect.coded)},
                    {"effect", number(row.effect.effect)},
                    {"interaction", number(row.effect.interaction)}});
  }
  return rows;
}

Json interval_json(const study::Interval& interval) {
  return std::isnan(interval.low) ? Json(nullptr)
                                  : Json::array({number(interval.low), number(interval.high)});
}

Json contrasts_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::ContrastSummary& row : analysis.contrasts) {
    rows.push_back({{"name", row.name},
                    {"at", levels_json(analysis.data.design, row.at)},
                    {"metric", row.metric},
                    {"region", text_or_null(row.region)},
                    {"target", row.target},
                    {"method", to_string(row.estimate.method)},
                    {"estimate", number(row.estimate.estimate)},
                    {"se", number(row.estimate.se)},
                    {"df", number(row.estimate.df)},
                    {"ci", interval_json(row.interval)},
                    {"p", number(row.p)},
                    {"p_holm", number(row.p_holm)},
                    {"n", row.estimate.n},
                    {"mde", number(row.mde)},
                    {"tost_p", number(row.tost_p)},
                    {"higher_is_better", row.higher_is_better},
                    {"headline", row.headline},
                    {"primary", row.primary},
                    {"verdict", to_string(row.verdict)}});
  }
  return rows;
}

Json anova_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::AnovaSummary& summary : analysis.anova) {
    rows.push_back({{"metric", summary.metric},
                    {"region", text_or_null(summary.region)},
                    {"term", summary.row.term},
                    {"df", number(summary.row.df)},
                    {"ss", number(summary.row.ss)},
                    {"ms", number(summary.row.ms)},
                    {"f", number(summary.row.f)},
                    {"p", number(summary.row.p)}});
  }
  return rows;
}

Json variance_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::VarianceSummary& row : analysis.variance) {
    rows.push_back({{"metric", row.metric},
                    {"region", text_or_null(row.region)},
                    {"component", row.component},
                    {"estimate", number(row.estimate)}});
  }
  return rows;
}

Json lenth_json(const Analysis& analysis, const study::LenthSummary& row) {
  Json active = Json::array();
  for (const study::FactorialEffect& effect : row.effects) {
    if (std::abs(effect.effect) > row.result.me_simulated) {
      active.push_back(effect.term);
    }
  }
  return {{"metric", row.metric},
          {"region", text_or_null(row.region)},
          {"at", levels_json(analysis.data.design, row.at)},
          {"s0", row.result.s0},
          {"pse", row.result.pse},
          {"df", row.result.df},
          {"me", number(row.result.me)},
          {"sme", number(row.result.sme)},
          {"me_simulated", number(row.result.me_simulated)},
          {"sme_simulated", number(row.result.sme_simulated)},
          {"active", active}};
}

Json modes_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::ModeSummary& row : analysis.modes) {
    Json clusters = Json::array();
    for (const study::Cluster& cluster : row.clusters) {
      clusters.push_back({{"low", cluster.low}, {"high", cluster.high}, {"n", cluster.n}});
    }
    Json collapsed = Json::array();
    for (const std::size_t run : row.collapsed_runs) {
      collapsed.push_back(analysis.data.run_name(run));
    }
    rows.push_back({{"metric", row.metric},
                    {"region", text_or_null(row.region)},
                    {"clusters", clusters},
                    {"bimodality", number(row.bimodality)},
                    {"collapsed_runs", collapsed}});
  }
  return rows;
}

Json leave_one_out_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::LeaveOneOut& row : analysis.leave_one_out) {
    rows.push_back({{"contrast", row.contrast},
                    {"at", levels_json(analysis.data.design, row.at)},
                    {"metric", row.metric},
                    {"region", text_or_null(row.region)},
                    {"run", analysis.data.run_name(row.run)},
                    {"estimate", number(row.estimate)}});
  }
  return rows;
}

Json looks_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::Look& look : analysis.looks) {
    rows.push_back({{"n", look.n},
                    {"statistic", number(look.statistic)},
                    {"bound", number(look.bound)},
                    {"decision", look.decision}});
  }
  return rows;
}

Json not_estimable_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::NotEstimable& row : analysis.not_estimable) {
    Json add = Json::array();
    for (const study::Levels& cell : row.add) {
      add.push_back(levels_json(analysis.data.design, cell));
    }
    rows.push_back({{"term", row.term},
                    {"at", levels_json(analysis.data.design, row.at)},
                    {"why", row.why},
                    {"add", add}});
  }
  return rows;
}

}  // namespace

Json effects_json(const Analysis& analysis, const Provenance& provenance) {
  Json json;
  json["schema"] = kSchema;
  json["provenance"] = provenance_json(analysis, provenance);
  json["cells"] = cells_json(analysis);
  json["effects"] = effects_rows(analysis);
  json["contrasts"] = contrasts_json(analysis);
  json["anova"] = anova_json(analysis);
  json["variance"] = variance_json(analysis);
  json["lenth"] =
      analysis.lenth.empty() ? Json(nullptr) : lenth_json(analysis, analysis.lenth.front());
  json["lenth_all"] = Json::array();
  for (const study::LenthSummary& row : analysis.lenth) {
    json["lenth_all"].push_back(lenth_json(analysis, row));
  }
  json["modes"] = modes_json(analysis);
  json["leave_one_run_out"] = leave_one_out_json(analysis);
  json["looks"] = looks_json(analysis);
  json["aliases"] = analysis.aliases;
  json["estimable"] = analysis.estimable;
  json["not_estimable"] = not_estimable_json(analysis);
  json["warnings"] = analysis.warnings;
  return json;
}

}  // namespace yates::report
