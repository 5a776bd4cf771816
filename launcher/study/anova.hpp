// SPDX-License-Identifier: Apache-2.0
// Analysis of variance: one-way, and factorial with or without blocks, balanced or not.
#pragma once

#include <string>
#include <vector>

#include "launcher/study/design.hpp"
#include "launcher/study/t_inference.hpp"

namespace yates::study {

/// One line of the table. F and p are NaN for error lines.
struct AnovaRow {
  std::string term;
  double df = 0;
  double ss = 0;
  double ms = 0;
  double f = 0;
  double p = 0;
};

/// One-way analysis of groups. Two passes and compensated sums throughout.
struct OneWay {
  double between = 0;
  double between_df = 0;
  double within = 0;
  double within_df = 0;
  double f = 0;
  double p = 0;
  double r_squared = 0;
  double residual_sd = 0;
};
OneWay one_way_anova(const std::vector<std::vector<double>>& groups);

/// How the sums of squares of an unbalanced table are made unique: I each term after those before
/// it; II each term after all that do not contain it; III each term after all others (sum coding).
/// They agree for balanced data.
enum class SquaresType { I, II, III };

/// Lines: "seed" (with blocks), the terms of the full factorial in standard order of factors, lower
/// orders first, then "residual" and "total" (about the mean). Terms without degrees of freedom, as
/// those confounded with blocks, have df 0 and NaN beyond. Blocks come first in every type.
std::vector<AnovaRow> factorial_anova(const Design& design,
                                      const RunTable& table,
                                      SquaresType type,
                                      bool blocks);

/// The terms that differ between blocks, tested against the blocks themselves (type I): what R's
/// aov prints in the stratum Error(block). Lines with a degree of freedom only, then "residual";
/// empty where no term differs between blocks.
std::vector<AnovaRow> between_block_anova(const Design& design, const RunTable& table);

/// How the full factorial (with blocks, if wanted) fits the runs.
struct FactorialFit {
  double r_squared = 0;
  double adjusted_r_squared = 0;
  double press = 0;  ///< Sum of squared leave-one-out residuals; NaN if a run determines its fit.
  double predicted_r_squared = 0;
  double residual_sd = 0;
  double residual_df = 0;
};
FactorialFit factorial_fit(const Design& design, const RunTable& table, bool blocks);

/// Wald F of each term against the type II comparison, with the heteroscedasticity-consistent
/// covariance HC0 or HC3 (White 1980; MacKinnon and White 1985). NaN where a run determines its
/// own fit.
enum class RobustCovariance { HC0, HC3 };
std::vector<AnovaRow> robust_anova(const Design& design,
                                   const RunTable& table,
                                   RobustCovariance covariance,
                                   bool blocks = false);

}  // namespace yates::study
