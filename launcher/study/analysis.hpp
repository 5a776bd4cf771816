// SPDX-License-Identifier: Apache-2.0
// The whole analysis of a study: every table of the report as plain values, nothing formatted.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "launcher/study/anova.hpp"
#include "launcher/study/cell_table.hpp"
#include "launcher/study/lenth.hpp"
#include "launcher/study/modes.hpp"
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
  std::map<std::string, PairNoise> noise =
      {};  ///< Run SD from elsewhere, by metric; for single runs.
  std::optional<std::size_t> planned_seeds =
      {};                         ///< Per arm; fixes the headline method beforehand.
  std::size_t largest_order = 3;  ///< Factors in the largest interaction listed.
  double power = 0.8;             ///< For the smallest detectable effect.
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
  double mde = 0;
  double tost_p = 0;  ///< NaN without a margin.
  bool higher_is_better = true;
  bool headline = false;  ///< By the method that the rule or the study file picks.
  bool primary = false;   ///< The headline row of the study's primary contrast.
  Verdict verdict = Verdict::Inconclusive;
};

struct LenthSummary {
  std::string metric;
  std::string region;
  Levels at;
  LenthResult result;
  std::vector<FactorialEffect> effects = {};
};

struct AnovaSummary {
  std::string metric;
  std::string region;
  AnovaRow row;
};

struct VarianceSummary {
  std::string metric;
  std::string region;
  std::string component;  ///< seed, case, run, cell_case, seed_case, residual
  double estimate = 0;
};

struct ModeSummary {
  std::string metric;
  std::string region;
  std::vector<Cluster> clusters;
  double bimodality = 0;
  std::vector<std::size_t> collapsed_runs;
  std::size_t mixed_cells = 0;  ///< Cells with runs in more than one cluster.
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

struct Look {
  std::size_t n = 0;
  double statistic = 0;
  double bound = 0;
  std::string decision;
};

struct Analysis {
  StudyData data;
  AnalysisOptions options;
  std::vector<CellSummary> cells = {};
  std::vector<EffectSummary> effects = {};
  std::vector<ContrastSummary> contrasts = {};
  std::vector<AnovaSummary> anova = {};
  std::vector<VarianceSummary> variance = {};
  std::vector<LenthSummary> lenth = {};
  std::vector<ModeSummary> modes = {};
  std::vector<LeaveOneOut> leave_one_out = {};
  std::vector<Look> looks = {};
  std::vector<std::string> aliases = {};
  std::vector<std::string> estimable = {};
  std::vector<NotEstimable> not_estimable = {};
  std::vector<std::string> warnings = {};

  /// The headline row of the primary contrast, or nothing.
  [[nodiscard]] const ContrastSummary* primary() const;
};

/// Analyses the data. Deterministic: depends on nothing but its arguments. Throws Error{BadConfig}
/// if the primary contrast names something unknown.
Analysis analyze(StudyData data, AnalysisOptions options);

}  // namespace yates::study
