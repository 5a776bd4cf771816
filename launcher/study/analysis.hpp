// SPDX-License-Identifier: Apache-2.0
// The whole analysis of a study: every table of the report as plain values, nothing formatted.
#pragma once

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "launcher/study/anova.hpp"
#include "launcher/study/lenth.hpp"
#include "launcher/study/modes.hpp"
#include "launcher/study/pair_noise.hpp"
#include "launcher/study/resampling.hpp"
#include "launcher/study/robust.hpp"
#include "launcher/study/sequential_looks.hpp"
#include "launcher/study/sign_size.hpp"
#include "launcher/study/study_data.hpp"
#include "launcher/study/study_spec.hpp"
#include "launcher/study/verdict.hpp"
#include "launcher/study/yates_algorithm.hpp"

namespace yates::study {

/// What the analyst fixes beforehand.
struct AnalysisOptions {
  double alpha = 0.05;
  std::optional<double> delta = {};  ///< Equivalence margin for all contrasts of the metric.
  std::optional<PrimaryContrast> primary = {};
  std::optional<SequentialPlan> sequential = {};
  std::vector<std::int64_t> seed_order = {};  ///< Declared order, in which looks count seeds.
  bool finished = false;                      ///< Of a sequential study: no further run will come.
  std::map<std::string, PairNoise> noise =
      {};  ///< Run SD from elsewhere, by metric; for single runs.
  std::optional<std::size_t> planned_seeds =
      {};                         ///< Per arm; fixes the headline method beforehand.
  std::size_t largest_order = 3;  ///< Factors in the largest interaction listed.
  double power = 0.8;             ///< For the smallest detectable effect.
  std::size_t bootstrap_draws = 10000;
};

struct CellSummary {
  std::size_t cell = 0;
  std::string metric;
  std::string region;
  std::size_t n = 0;
  double mean = 0;
  double sd = 0;  ///< NaN for a single run.
  double min = 0;
  double max = 0;
  std::size_t collapsed = 0;  ///< Runs marked collapsed or diverged.
};

/// An effect on its three scales, within a part of the design where all cells were run.
struct EffectSummary {
  FactorialEffect effect;
  Levels at;  ///< Levels at which the part is fixed; empty for the whole design.
  std::string metric;
  std::string region;
};

/// A contrast in one metric and region by one method.
struct ContrastSummary {
  std::string name;
  Levels at;
  std::size_t order = 0;
  std::string metric;
  std::string region;
  std::string target;  ///< seeds, patients, both
  Estimate estimate;
  Interval interval;
  double p = 0;
  double p_holm = 0;
  double p_hochberg = 0;
  double p_bh = 0;             ///< Benjamini and Hochberg.
  double p_by = 0;             ///< Benjamini and Yekutieli.
  Interval simultaneous = {};  ///< Bonferroni over the family of the adjusted p values.
  double mde = 0;
  double tost_p = 0;  ///< NaN without a margin.
  bool higher_is_better = true;
  bool headline = false;  ///< By the method that the rule or the study file picks.
  bool primary = false;   ///< The headline row of the study's primary contrast.
  Verdict verdict = Verdict::Inconclusive;
  /// Of headline rows: the true effect for which the errors of sign and size are stated, which is
  /// the margin where one was declared, else the estimate itself; NaN elsewhere.
  double assumed_effect = std::numeric_limits<double>::quiet_NaN();
  SignSizeErrors errors = {};
};

struct LenthSummary {
  std::string metric;
  std::string region;
  Levels at;
  LenthResult result;
  std::vector<FactorialEffect> effects = {};

  /// Terms whose effect is beyond the simulated margin of error.
  [[nodiscard]] std::vector<std::string> active() const;
  /// Size of the largest effect.
  [[nodiscard]] double largest() const;
};

/// A line of an analysis of variance. `stratum` names the line it is tested against.
struct AnovaSummary {
  std::string metric;
  std::string region;
  AnovaRow row;
  std::string type = "II";  ///< I, II, III, HC3
  std::string stratum = "residual";
  double partial_eta_squared = std::numeric_limits<double>::quiet_NaN();
  double share_pct = std::numeric_limits<double>::quiet_NaN();  ///< Of the total sum of squares.
};

struct FitSummary {
  std::string metric;
  std::string region;
  FactorialFit fit;
};

struct VarianceSummary {
  std::string metric;
  std::string region;
  std::string component;  ///< seed, case, run, cell_case, seed_case, residual
  double estimate = 0;
};

/// How many runs of each level of a factor collapsed, diverged or lie outside the best group.
struct CollapseByFactor {
  std::string factor;
  std::vector<std::size_t> bad;    ///< Per level.
  std::vector<std::size_t> total;  ///< Per level.
  double p = 0;                    ///< Fisher's exact test of independence.
};

struct ModeSummary {
  std::string metric;
  std::string region;
  std::vector<Cluster> clusters;
  double bimodality = 0;
  std::vector<std::size_t> collapsed_runs;
  std::size_t mixed_cells = 0;                   ///< Cells with runs in more than one cluster.
  std::vector<CollapseByFactor> by_factor = {};  ///< Empty where no run is bad.
};

/// A contrast in one metric and region, as the tables beside the main one name it.
struct ContrastPlace {
  std::string contrast;
  Levels at;
  std::string metric;
  std::string region;
};

/// A bootstrap interval of a contrast: over cases (new patients), over seeds and cases (both), or
/// over seeds; or the reason why there is none.
struct BootstrapSummary {
  ContrastPlace place;
  std::string target;  ///< patients, both, seeds
  std::size_t units = 0;
  std::size_t draws = 0;
  BootstrapResult result = {};
  std::string refused = {};
};

/// Sign flips of the per-seed contrasts.
struct SignFlipSummary {
  ContrastPlace place;
  std::size_t seeds = 0;
  double p = 0;
  double smallest_p = 0;  ///< 2 / 2^seeds: the test can never say less.
};

/// A contrast per case (averaged over the runs), located without trust in its tails.
struct CaseSummary {
  ContrastPlace place;
  std::size_t cases = 0;
  double mean = 0;
  double median = 0;
  Interval median_interval = {};  ///< By order statistics.
  TrimmedMean trimmed = {};       ///< 20 % at each end.
  Interval trimmed_interval = {};
  double hodges_lehmann = 0;
};

/// All values per case of the runs of one cell.
struct CellTail {
  std::size_t cell = 0;
  std::string metric;
  std::string region;
  std::size_t n = 0;  ///< Values: runs x cases.
  double median = 0;
  double trimmed_mean = 0;
  double worst_5_pct = 0;  ///< Their 95th percentile, for scores the 5th.
  double failed_pct = 0;   ///< Distances above 20 mm or undefined; NaN for other metrics.
};

/// The headline of a contrast, analysed in another way.
struct SensitivitySummary {
  std::string analysis;  ///< without_collapsed, log1p, or a metric convention
  ContrastPlace place;
  Estimate estimate;
  Interval interval;
  double p = 0;
  Verdict verdict = Verdict::Inconclusive;
};

struct LeaveOneOut {
  std::string contrast;
  Levels at;
  std::string metric;
  std::string region;
  std::size_t run = 0;
  double estimate = 0;
};

struct NotEstimable {
  std::string term;
  Levels at;
  std::string why;
  std::vector<Levels> add;  ///< The fewest cells that would make it estimable.
};

struct Analysis {
  StudyData data;
  AnalysisOptions options;
  std::vector<CellSummary> cells = {};
  std::vector<EffectSummary> effects = {};
  std::vector<ContrastSummary> contrasts = {};
  std::vector<AnovaSummary> anova = {};        ///< Type II: one line per term.
  std::vector<AnovaSummary> anova_types = {};  ///< Types I, II, III, HC3 of the run means.
  std::vector<FitSummary> fits = {};
  std::vector<VarianceSummary> variance = {};
  std::vector<LenthSummary> lenth = {};
  std::vector<ModeSummary> modes = {};
  std::vector<LeaveOneOut> leave_one_out = {};
  std::vector<BootstrapSummary> bootstraps = {};
  std::vector<SignFlipSummary> sign_flips = {};
  std::vector<CaseSummary> case_contrasts = {};
  std::vector<CellTail> tails = {};
  std::vector<SensitivitySummary> sensitivity = {};
  std::optional<Looks> looks = {};  ///< Of a sequential study.
  std::vector<std::string> aliases = {};
  std::vector<std::string> estimable = {};
  std::vector<NotEstimable> not_estimable = {};
  std::vector<std::string> warnings = {};

  /// The headline row of the primary contrast, or nothing.
  [[nodiscard]] const ContrastSummary* primary() const;
  /// Whether no cell was replicated: then the runs alone say nothing of their noise.
  [[nodiscard]] bool single_runs() const;
};

/// Analyses the data. Deterministic: depends on nothing but its arguments. Throws Error{BadConfig}
/// if the primary contrast names something unknown.
Analysis analyze(StudyData data, AnalysisOptions options);

}  // namespace yates::study
