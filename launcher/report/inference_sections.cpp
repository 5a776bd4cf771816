// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/inference_sections.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/study/analysis_contrasts.hpp"

namespace yates::report {
namespace {

using study::Analysis;
using study::ContrastSummary;

Section empty_section(std::string title) {
  return {.title = std::move(title), .paragraphs = {}, .tables = {}, .figures = {}};
}

std::string place_label(const Analysis& analysis, const study::ContrastPlace& place) {
  return contrast_label(analysis.data.design, place.contrast, place.at);
}

std::string place_response(const study::ContrastPlace& place) {
  return response_label(place.metric, place.region);
}

/// Headline rows that the tables of this file show.
bool is_shown(const Analysis& analysis, const ContrastSummary& row) {
  return row.headline && std::isfinite(row.estimate.se) &&
         (row.order == 2 || study::is_primary_contrast(row, analysis.options));
}

/// The primary contrast alone where there is one.
bool is_chosen(const Analysis& analysis, const study::ContrastPlace& place) {
  return !analysis.options.primary || (place.contrast == analysis.options.primary->contrast &&
                                       place.at == analysis.options.primary->at);
}

std::string with_interval(const ContrastSummary& row) {
  return fmt::format("{} {}", signed_number(row.estimate.estimate), interval_text(row.interval));
}

}  // namespace

std::vector<std::string> single_run_sentences(const Analysis& analysis) {
  const bool single = std::all_of(
      analysis.cells.begin(), analysis.cells.end(), [](const auto& cell) { return cell.n == 1; });
  std::vector<std::string> sentences;
  const ContrastSummary* primary = analysis.primary();
  if (!single) {
    return sentences;
  }
  if (primary != nullptr && std::isfinite(primary->estimate.se)) {
    const study::PairNoise& noise = analysis.options.noise.at(primary->metric);
    const bool beyond = primary->p < analysis.options.alpha;
    sentences.push_back(fmt::format(
        "A run of {} varies with a standard deviation of {}{}: the estimate {} has a standard "
        "error of {} and is {} the noise.",
        response_label(primary->metric, primary->region),
        plain_number(noise.sd),
        std::isinf(noise.df) ? "" : fmt::format(" ({:.0f} degrees of freedom)", noise.df),
        signed_number(primary->estimate.estimate),
        plain_number(primary->estimate.se),
        beyond ? "beyond" : "within"));
  }
  for (const study::LenthSummary& row : analysis.lenth) {
    std::vector<std::string> active;
    double largest = 0;
    for (const study::FactorialEffect& effect : row.effects) {
      largest = std::max(largest, std::abs(effect.effect));
      if (std::abs(effect.effect) > row.result.me_simulated) {
        active.push_back(effect.term);
      }
    }
    sentences.push_back(fmt::format(
        "Lenth's analysis of {} by the runs alone: {} (largest effect {}, margin of error {}).",
        response_label(row.metric, row.region),
        active.empty() ? "no effect is active" : "active are " + join(active, ", "),
        plain_number(largest),
        plain_number(row.result.me_simulated)));
  }
  return sentences;
}

Section targets_section(const Analysis& analysis) {
  Section section = empty_section("Three targets");
  constexpr std::array kTargets = {"seeds", "patients", "both"};
  using Key = std::tuple<std::string, study::Levels, std::string, std::string>;
  std::map<Key, std::size_t> places;
  Table table{.caption = "Estimate, interval and p by what would be new.",
              .text_columns = 2,
              .header = {"contrast",
                         "response",
                         "new seeds, these cases",
                         "p",
                         "these checkpoints, new patients",
                         "p",
                         "both new",
                         "p"},
              .rows = {}};
  bool several = false;
  for (const ContrastSummary& row : analysis.contrasts) {
    if (!is_shown(analysis, row)) {
      continue;
    }
    const auto [place, added] =
        places.try_emplace(Key{row.name, row.at, row.metric, row.region}, table.rows.size());
    if (added) {
      table.rows.emplace_back(table.header.size(), "-");
      table.rows.back()[0] = contrast_label(analysis.data.design, row.name, row.at);
      table.rows.back()[1] = response_label(row.metric, row.region);
    }
    const auto target = std::find(kTargets.begin(), kTargets.end(), row.target);
    const auto column = static_cast<std::size_t>(2 + 2 * (target - kTargets.begin()));
    table.rows[place->second][column] = with_interval(row);
    table.rows[place->second][column + 1] = p_text(row.p);
    several = several || row.target != "seeds";
  }
  if (several) {
    section.paragraphs.push_back(
        "Three questions, three errors. New seeds: would other trainings of these arms show it on "
        "these cases? New patients: would these very checkpoints show it on other cases, which "
        "says nothing about training again. Both: other trainings on other cases.");
    section.tables.push_back(std::move(table));
  }
  return section;
}

Section sensitivity_section(const Analysis& analysis) {
  Section section = empty_section("Sensitivity");
  Table table{.caption = "The headline analysed in other ways.",
              .text_columns = 4,
              .header = {"analysis",
                         "contrast",
                         "response",
                         "method",
                         "estimate",
                         "SE",
                         "df",
                         "interval",
                         "p",
                         "n",
                         "verdict"},
              .rows = {}};
  for (const study::SensitivitySummary& row : analysis.sensitivity) {
    const bool logs = row.analysis == "log1p";
    const std::string name = row.analysis == "without_collapsed"
                                 ? "without collapsed and diverged runs"
                             : logs ? "mean of log(1 + mm)"
                                    : "convention " + row.analysis;
    const int decimals = logs ? 4 : 2;
    table.rows.push_back({name,
                          place_label(analysis, row.place),
                          place_response(row.place),
                          method_label(row.estimate.method),
                          signed_number(row.estimate.estimate, decimals),
                          plain_number(row.estimate.se, decimals),
                          plain_number(row.estimate.df, 1),
                          interval_text(row.interval, decimals),
                          p_text(row.p),
                          std::to_string(row.estimate.n),
                          to_string(row.verdict)});
  }
  section.tables.push_back(std::move(table));
  return section;
}

Section tails_section(const Analysis& analysis) {
  Section section = empty_section("Cases and their tails");
  Table contrasts{.caption =
                      "The contrast of single cases, averaged over the runs of each cell: "
                      "where the mean is led by a few cases, the others differ from it.",
                  .text_columns = 2,
                  .header = {"contrast",
                             "response",
                             "cases",
                             "mean",
                             "median",
                             "interval",
                             "20% trimmed",
                             "interval",
                             "Hodges-Lehmann"},
                  .rows = {}};
  for (const study::CaseSummary& row : analysis.case_contrasts) {
    if (is_chosen(analysis, row.place)) {
      contrasts.rows.push_back({place_label(analysis, row.place),
                                place_response(row.place),
                                std::to_string(row.cases),
                                signed_number(row.mean),
                                signed_number(row.median),
                                interval_text(row.median_interval),
                                signed_number(row.trimmed.mean),
                                interval_text(row.trimmed_interval),
                                signed_number(row.hodges_lehmann)});
    }
  }
  Table cells{
      .caption = "All values of a cell (runs x cases). Failed: HD95 above 20 mm or undefined.",
      .text_columns = 2,
      .header = {"cell",
                 "response",
                 "values",
                 "median",
                 "20% trimmed mean",
                 "worst 5% begin at",
                 "failed %"},
      .rows = {}};
  for (const study::CellTail& row : analysis.tails) {
    cells.rows.push_back({analysis.data.design.describe(analysis.data.design.levels(row.cell)),
                          response_label(row.metric, row.region),
                          std::to_string(row.n),
                          plain_number(row.median),
                          plain_number(row.trimmed_mean),
                          plain_number(row.worst_5_pct),
                          plain_number(row.failed_pct, 1)});
  }
  section.tables = {std::move(contrasts), std::move(cells)};
  return section;
}

Section resampling_section(const Analysis& analysis) {
  Section section = empty_section("Resampling");
  Table table{.caption =
                  "Bootstrap intervals. Cases are resampled jointly over cells and seeds, "
                  "seeds jointly over cells.",
              .text_columns = 3,
              .header = {"contrast",
                         "response",
                         "resampled",
                         "units",
                         "draws",
                         "estimate",
                         "SE",
                         "percentile",
                         "BCa"},
              .rows = {}};
  std::string refused;
  for (const study::BootstrapSummary& row : analysis.bootstraps) {
    if (!is_chosen(analysis, row.place)) {
      continue;
    }
    const std::string units = row.target == "patients" ? "cases"
                              : row.target == "both"   ? "seeds and cases"
                                                       : "seeds";
    if (!row.refused.empty()) {
      refused = fmt::format("No bootstrap over {}: {}.", units, row.refused);
      continue;
    }
    table.rows.push_back({place_label(analysis, row.place),
                          place_response(row.place),
                          units,
                          std::to_string(row.units),
                          std::to_string(row.draws),
                          signed_number(row.result.estimate),
                          plain_number(row.result.se),
                          interval_text(row.result.percentile),
                          interval_text(row.result.bca)});
  }
  if (!refused.empty()) {
    section.paragraphs.push_back(refused);
  }
  Table flips{.caption =
                  "Sign flips of the per-seed contrasts: no assumption but symmetry, and no p "
                  "below 2 / 2^n.",
              .text_columns = 2,
              .header = {"contrast", "response", "seeds", "p", "smallest possible p"},
              .rows = {}};
  for (const study::SignFlipSummary& row : analysis.sign_flips) {
    if (is_chosen(analysis, row.place)) {
      flips.rows.push_back({place_label(analysis, row.place),
                            place_response(row.place),
                            std::to_string(row.seeds),
                            p_text(row.p),
                            p_text(row.smallest_p)});
    }
  }
  section.tables = {std::move(table), std::move(flips)};
  return section;
}

Section multiplicity_section(const Analysis& analysis) {
  Section section = empty_section("Multiplicity");
  Table table{
      .caption =
          "Families: the primary contrast alone; the same contrast in the other "
          "metrics and regions; every other contrast with those of its order and "
          "response. Holm, Hochberg and the simultaneous (Bonferroni) interval guard "
          "against any false positive, BH and BY bound their share.",
      .text_columns = 2,
      .header =
          {"contrast", "response", "p", "Holm", "Hochberg", "BH", "BY", "simultaneous interval"},
      .rows = {}};
  for (const ContrastSummary& row : analysis.contrasts) {
    if (is_shown(analysis, row) && row.target == "seeds") {
      table.rows.push_back({contrast_label(analysis.data.design, row.name, row.at),
                            response_label(row.metric, row.region),
                            p_text(row.p),
                            p_text(row.p_holm),
                            p_text(row.p_hochberg),
                            p_text(row.p_bh),
                            p_text(row.p_by),
                            interval_text(row.simultaneous)});
    }
  }
  section.tables.push_back(std::move(table));
  return section;
}

Section worth_section(const Analysis& analysis) {
  Section section = empty_section("What this study could find");
  Table table{.caption =
                  "Were the assumed effect true (the declared margin, else the estimate "
                  "itself): the power to find it, the risk that a significant result has the "
                  "wrong sign (type S), and by what factor it would exaggerate (type M).",
              .text_columns = 3,
              .header = {"contrast",
                         "response",
                         "target",
                         "detectable with " + fmt::format("{:.0f}%", 100 * analysis.options.power),
                         "assumed effect",
                         "power",
                         "type S",
                         "type M"},
              .rows = {}};
  for (const ContrastSummary& row : analysis.contrasts) {
    if (!is_shown(analysis, row) || std::isnan(row.assumed_effect)) {
      continue;
    }
    table.rows.push_back({contrast_label(analysis.data.design, row.name, row.at),
                          response_label(row.metric, row.region),
                          row.target,
                          plain_number(row.mde),
                          plain_number(row.assumed_effect),
                          plain_number(row.errors.power),
                          plain_number(row.errors.wrong_sign, 3),
                          plain_number(row.errors.exaggeration)});
  }
  section.tables.push_back(std::move(table));
  return section;
}

Section squares_section(const Analysis& analysis) {
  Section section = empty_section("Types of sums of squares");
  using Key = std::tuple<std::string, std::string, std::string>;
  constexpr std::array kTypes = {"I", "II", "III", "HC3"};
  std::map<Key, std::size_t> places;
  Table table{
      .caption =
          "F and p of the run means by type of sum of squares, and with a covariance "
          "robust to unequal variances (HC3). Balanced tables have one answer.",
      .text_columns = 2,
      .header =
          {"response", "term", "df", "F (I)", "p", "F (II)", "p", "F (III)", "p", "F (HC3)", "p"},
      .rows = {}};
  Table between{.caption = "Terms between blocks, tested against blocks.",
                .text_columns = 2,
                .header = {"response", "term", "df", "SS", "F", "p"},
                .rows = {}};
  for (const study::AnovaSummary& summary : analysis.anova_types) {
    const study::AnovaRow& row = summary.row;
    const std::string response = response_label(summary.metric, summary.region);
    if (summary.stratum == "seed") {
      between.rows.push_back({response,
                              row.term,
                              plain_number(row.df, 0),
                              plain_number(row.ss, 3),
                              plain_number(row.f),
                              p_text(row.p)});
      continue;
    }
    if (row.term == "total" || row.term == "residual") {
      continue;
    }
    const auto [place, added] =
        places.try_emplace(Key{summary.metric, summary.region, row.term}, table.rows.size());
    if (added) {
      table.rows.emplace_back(table.header.size(), "-");
      table.rows.back()[0] = response;
      table.rows.back()[1] = row.term;
      table.rows.back()[2] = plain_number(row.df, 0);
    }
    const auto type = std::find(kTypes.begin(), kTypes.end(), summary.type) - kTypes.begin();
    const auto column = static_cast<std::size_t>(3 + 2 * type);
    table.rows[place->second][column] = plain_number(row.f);
    table.rows[place->second][column + 1] = p_text(row.p);
  }
  Table fits{
      .caption = "How the full factorial fits the runs.",
      .text_columns = 1,
      .header = {"response", "R2", "adjusted R2", "PRESS", "predicted R2", "residual SD", "df"},
      .rows = {}};
  for (const study::FitSummary& row : analysis.fits) {
    fits.rows.push_back({response_label(row.metric, row.region),
                         plain_number(row.fit.r_squared, 3),
                         plain_number(row.fit.adjusted_r_squared, 3),
                         plain_number(row.fit.press),
                         plain_number(row.fit.predicted_r_squared, 3),
                         plain_number(row.fit.residual_sd, 3),
                         plain_number(row.fit.residual_df, 0)});
  }
  section.tables = {std::move(table), std::move(between), std::move(fits)};
  return section;
}

}  // namespace yates::report
