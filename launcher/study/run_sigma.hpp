// SPDX-License-Identifier: Apache-2.0
// The standard deviation of a run, and how well it is known.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/study/t_inference.hpp"
#include "launcher/study/verdict.hpp"

namespace yates::study {

/// A standard deviation of runs of one arm, with the degrees of freedom behind it (infinite: taken
/// as known).
struct RunSigma {
  double value = 0;
  double df = 0;
  Method method = Method::Blocked;  ///< Blocked: within seeds; Pooled: within cells.
  std::string source = {};          ///< Where it comes from, for people.
};

/// The chi-square interval of sigma.
Interval sigma_interval(const RunSigma& sigma, double confidence = 0.95);

/// The value that sigma stays below with this confidence; what a careful plan uses.
double sigma_upper_bound(const RunSigma& sigma, double confidence = 0.8);

/// What the additive model cell + seed (without blocks: cell) leaves of each run, in the order of
/// the table.
struct RunResiduals {
  std::vector<double> values = {};
  double df = 0;  ///< Runs minus parameters.
};
RunResiduals run_residuals(const RunTable& table);

/// Residual of the additive model cell + seed over the given cells: what is left when a shift that
/// all arms of a seed share is taken out. Independent of every contrast of the cells (normal
/// errors), so a plan may use it without unblinding. Nothing without a degree of freedom.
std::optional<RunSigma> sigma_within_seeds(const RunTable& table,
                                           const std::vector<std::size_t>& cells);

/// Pure error within the given cells; includes shifts between seeds.
std::optional<RunSigma> sigma_within_cells(const RunTable& table,
                                           const std::vector<std::size_t>& cells);

/// What the re-seeded runs of the paper's Table 14 say about `metric` (dice in points, hd95_mm):
/// within seeds for Blocked and PerSeedT, else within cells. Nothing for other metrics.
std::optional<RunSigma> published_sigma(const std::string& metric, Method method);

}  // namespace yates::study
