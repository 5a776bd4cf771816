// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/inference_json.hpp"

namespace yates::report {
namespace {

using study::Analysis;

Json region_json(const std::string& region) {
  return region.empty() ? Json(nullptr) : Json(region);
}

Json place_json(const Analysis& analysis, const study::ContrastPlace& place) {
  return {{"contrast", place.contrast},
          {"at", levels_object(analysis.data.design, place.at)},
          {"metric", place.metric},
          {"region", region_json(place.region)}};
}

Json fits_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::FitSummary& row : analysis.fits) {
    rows.push_back({{"metric", row.metric},
                    {"region", region_json(row.region)},
                    {"r_squared", number_or_null(row.fit.r_squared)},
                    {"adjusted_r_squared", number_or_null(row.fit.adjusted_r_squared)},
                    {"press", number_or_null(row.fit.press)},
                    {"predicted_r_squared", number_or_null(row.fit.predicted_r_squared)},
                    {"residual_sd", number_or_null(row.fit.residual_sd)},
                    {"residual_df", row.fit.residual_df}});
  }
  return rows;
}

Json bootstrap_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::BootstrapSummary& row : analysis.bootstraps) {
    Json entry = place_json(analysis, row.place);
    entry["target"] = row.target;
    entry["units"] = row.units;
    entry["refused"] = row.refused.empty() ? Json(nullptr) : Json(row.refused);
    const bool done = row.refused.empty();
    entry["draws"] = row.draws;
    entry["estimate"] = done ? number_or_null(row.result.estimate) : Json(nullptr);
    entry["se"] = done ? number_or_null(row.result.se) : Json(nullptr);
    entry["percentile"] = interval_or_null(row.result.percentile);
    entry["bca"] = interval_or_null(row.result.bca);
    entry["bias_z"] = done ? number_or_null(row.result.bias_z) : Json(nullptr);
    entry["acceleration"] = done ? number_or_null(row.result.acceleration) : Json(nullptr);
    rows.push_back(std::move(entry));
  }
  return rows;
}

Json sign_flips_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::SignFlipSummary& row : analysis.sign_flips) {
    Json entry = place_json(analysis, row.place);
    entry["n"] = row.seeds;
    entry["p"] = row.p;
    entry["smallest_p"] = row.smallest_p;
    rows.push_back(std::move(entry));
  }
  return rows;
}

Json case_contrasts_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::CaseSummary& row : analysis.case_contrasts) {
    Json entry = place_json(analysis, row.place);
    entry["cases"] = row.cases;
    entry["mean"] = number_or_null(row.mean);
    entry["median"] = number_or_null(row.median);
    entry["median_ci"] = interval_or_null(row.median_interval);
    entry["trimmed_mean"] = number_or_null(row.trimmed.mean);
    entry["trimmed_se"] = number_or_null(row.trimmed.se);
    entry["trimmed_df"] = number_or_null(row.trimmed.df);
    entry["trimmed_ci"] = interval_or_null(row.trimmed_interval);
    entry["hodges_lehmann"] = number_or_null(row.hodges_lehmann);
    rows.push_back(std::move(entry));
  }
  return rows;
}

Json tails_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::CellTail& row : analysis.tails) {
    rows.push_back(
        {{"levels", levels_object(analysis.data.design, analysis.data.design.levels(row.cell))},
         {"metric", row.metric},
         {"region", region_json(row.region)},
         {"n", row.n},
         {"median", row.median},
         {"trimmed_mean", row.trimmed_mean},
         {"worst_5_pct", row.worst_5_pct},
         {"failed_pct", number_or_null(row.failed_pct)}});
  }
  return rows;
}

Json sensitivity_json(const Analysis& analysis) {
  Json rows = Json::array();
  for (const study::SensitivitySummary& row : analysis.sensitivity) {
    Json entry = place_json(analysis, row.place);
    entry["analysis"] = row.analysis;
    entry["method"] = to_string(row.estimate.method);
    entry["estimate"] = number_or_null(row.estimate.estimate);
    entry["se"] = number_or_null(row.estimate.se);
    entry["df"] = number_or_null(row.estimate.df);
    entry["ci"] = interval_or_null(row.interval);
    entry["p"] = number_or_null(row.p);
    entry["n"] = row.estimate.n;
    entry["verdict"] = to_string(row.verdict);
    rows.push_back(std::move(entry));
  }
  return rows;
}

}  // namespace

Json interval_or_null(const study::Interval& interval) {
  return std::isnan(interval.low)
             ? Json(nullptr)
             : Json::array({number_or_null(interval.low), number_or_null(interval.high)});
}

Json levels_object(const study::Design& design, const study::Levels& levels) {
  Json object = Json::object();
  for (const study::Factor& factor : design.factors()) {
    if (const auto level = levels.find(factor.name); level != levels.end()) {
      object[factor.name] = level->second;
    }
  }
  return object;
}

Json anova_rows(const std::vector<study::AnovaSummary>& summaries) {
  Json rows = Json::array();
  for (const study::AnovaSummary& summary : summaries) {
    rows.push_back({{"metric", summary.metric},
                    {"region", region_json(summary.region)},
                    {"term", summary.row.term},
                    {"df", number_or_null(summary.row.df)},
                    {"ss", number_or_null(summary.row.ss)},
                    {"ms", number_or_null(summary.row.ms)},
                    {"f", number_or_null(summary.row.f)},
                    {"p", number_or_null(summary.row.p)},
                    {"type", summary.type},
                    {"stratum", summary.stratum.empty() ? Json(nullptr) : Json(summary.stratum)},
                    {"partial_eta_squared", number_or_null(summary.partial_eta_squared)},
                    {"share_pct", number_or_null(summary.share_pct)}});
  }
  return rows;
}

void add_inference(Json& json, const Analysis& analysis) {
  json["anova_types"] = anova_rows(analysis.anova_types);
  json["fit"] = fits_json(analysis);
  json["bootstrap"] = bootstrap_json(analysis);
  json["sign_flips"] = sign_flips_json(analysis);
  json["case_contrasts"] = case_contrasts_json(analysis);
  json["cell_tails"] = tails_json(analysis);
  json["sensitivity"] = sensitivity_json(analysis);
}

}  // namespace yates::report
