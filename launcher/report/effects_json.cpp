// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/effects_json.hpp"

#include <algorithm>
#include <cmath>

#include "launcher/report/inference_json.hpp"

namespace yates::report {
namespace {

using study::Analysis;

constexpr int kSchema = 1;

Json number(double value) {
  return number_or_null(value);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
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
  json["exploratory"] = provenance.exploratory;
  json["registration"] = provenance.registration;
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
        {{"levels", levels_object(analysis.data.design, analysis.data.design.levels(cell.cell))},
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
                    {"at", levels_object(analysis.data.design, row.at)},
                    {"metric", row.metric},
                    {"region", text_or_null(row.region)},
                    {"coded", number(row.effect.coded)},
                    {"effect", number(row.effect.effect)},
                    {"interaction", number(row.effect.interaction)}});
  }
  return rows;
}

/// Rows without an assumed effect have no errors of sign and size.
Json worth(const study::ContrastSummary& row, double value) {
  return std::isnan(row.assumed_effect) ? Json(nullptr) : number(value);
}

Json contrasts_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::ContrastSummary& row : analysis.contrasts) {
    rows.push_back({{"name", row.name},
                    {"at", levels_object(analysis.data.design, row.at)},
                    {"metric", row.metric},
                    {"region", text_or_null(row.region)},
                    {"target", row.target},
                    {"method", to_string(row.estimate.method)},
                    {"estimate", number(row.estimate.estimate)},
                    {"se", number(row.estimate.se)},
                    {"df", number(row.estimate.df)},
                    {"ci", interval_or_null(row.interval)},
                    {"p", number(row.p)},
                    {"p_holm", number(row.p_holm)},
                    {"p_hochberg", number(row.p_hochberg)},
                    {"p_bh", number(row.p_bh)},
                    {"p_by", number(row.p_by)},
                    {"ci_simultaneous", interval_or_null(row.simultaneous)},
                    {"n", row.estimate.n},
                    {"mde", number(row.mde)},
                    {"tost_p", number(row.tost_p)},
                    {"assumed_effect", number(row.assumed_effect)},
                    {"power_at_assumed", worth(row, row.errors.power)},
                    {"type_s", worth(row, row.errors.wrong_sign)},
                    {"type_m", worth(row, row.errors.exaggeration)},
                    {"higher_is_better", row.higher_is_better},
                    {"headline", row.headline},
                    {"primary", row.primary},
                    {"verdict", to_string(row.verdict)}});
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
  return {{"metric", row.metric},
          {"region", text_or_null(row.region)},
          {"at", levels_object(analysis.data.design, row.at)},
          {"s0", row.result.s0},
          {"pse", row.result.pse},
          {"df", row.result.df},
          {"me", number(row.result.me)},
          {"sme", number(row.result.sme)},
          {"me_simulated", number(row.result.me_simulated)},
          {"sme_simulated", number(row.result.sme_simulated)},
          {"active", row.active()}};
}

Json collapse_json(const Analysis& analysis, const study::ModeSummary& mode) {
  Json factors = Json::array();
  for (std::size_t f = 0; f < mode.by_factor.size(); ++f) {
    const study::CollapseByFactor& counts = mode.by_factor[f];
    Json levels = Json::array();
    for (std::size_t level = 0; level < counts.bad.size(); ++level) {
      levels.push_back({{"level", analysis.data.design.factors()[f].levels[level]},
                        {"bad", counts.bad[level]},
                        {"runs", counts.total[level]}});
    }
    factors.push_back({{"factor", counts.factor}, {"levels", levels}, {"fisher_p", counts.p}});
  }
  return factors;
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
                    {"collapsed_runs", collapsed},
                    {"mixed_cells", row.mixed_cells},
                    {"by_factor", collapse_json(analysis, row)}});
  }
  return rows;
}

Json leave_one_out_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::LeaveOneOut& row : analysis.leave_one_out) {
    rows.push_back({{"contrast", row.contrast},
                    {"at", levels_object(analysis.data.design, row.at)},
                    {"metric", row.metric},
                    {"region", text_or_null(row.region)},
                    {"run", analysis.data.run_name(row.run)},
                    {"estimate", number(row.estimate)}});
  }
  return rows;
}

Json looks_json(const Analysis& analysis) {
  Json rows = Json::array();
  if (!analysis.looks) {
    return rows;
  }
  for (const study::LookResult& look : analysis.looks->results) {
    rows.push_back({{"n", look.n},
                    {"statistic", number(look.statistic)},
                    {"bound", number(look.bound)},
                    {"decision", look.decision},
                    {"method", to_string(analysis.looks->model.method)},
                    {"estimate", number(look.estimate.estimate)},
                    {"se", number(look.estimate.se)},
                    {"df", number(look.estimate.df)},
                    {"repeated_ci", interval_or_null(look.repeated)},
                    {"conditional_power", number(look.conditional_power)}});
  }
  return rows;
}

Json not_estimable_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::NotEstimable& row : analysis.not_estimable) {
    Json add = Json::array();
    for (const study::Levels& cell : row.add) {
      add.push_back(levels_object(analysis.data.design, cell));
    }
    rows.push_back({{"term", row.term},
                    {"at", levels_object(analysis.data.design, row.at)},
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
  json["anova"] = anova_rows(analysis.anova);
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
  add_inference(json, analysis);
  return json;
}

}  // namespace yates::report
