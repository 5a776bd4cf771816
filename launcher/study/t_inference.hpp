// SPDX-License-Identifier: Apache-2.0
// Intervals for a contrast of cell means from replicated runs, by four error estimates. Each
// returns nothing when the runs do not carry it; no interval is ever made up.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "launcher/study/contrast.hpp"

namespace yates::study {

/// The result of one run in one metric and region.
struct RunValue {
  std::size_t cell = 0;
  std::int64_t seed = 0;  ///< The block it belongs to, or a number within its cell.
  double value = 0;
};

/// All runs of one metric and region.
struct RunTable {
  std::size_t cells = 0;         ///< Cells of the design, run or not.
  bool seeds_are_blocks = true;  ///< Equal seeds in different cells share their randomness.
  std::vector<RunValue> runs;
};

enum class Method { PerSeedT, Blocked, Pooled, Welch, Mixed, Lenth, None };

/// The name used in files: per_seed_t, blocked, pooled, welch, mixed, lenth, none.
std::string to_string(Method method);

/// Parses such a name; nothing for another text.
std::optional<Method> parse_method(const std::string& name);

/// A contrast with its standard error. `se` and `df` are NaN where nothing is known.
struct Estimate {
  Method method = Method::None;
  double estimate = 0;
  double se = std::numeric_limits<double>::quiet_NaN();
  double df = std::numeric_limits<double>::quiet_NaN();
  std::size_t n = 0;  ///< Seeds (or replicates) behind it: the fewest in any cell it uses.
};

/// Means of the runs per cell; NaN for cells without runs.
std::vector<double> cell_means(const RunTable& table);

/// The values of each cell, in the order of the table.
std::vector<std::vector<double>> cell_values(const RunTable& table);

/// The contrast per seed, of the seeds that have all needed cells, ascending by seed.
struct SeedContrast {
  std::int64_t seed = 0;
  double value = 0;
};
std::vector<SeedContrast> per_seed_contrasts(const RunTable& table, const Contrast& contrast);

/// The estimate alone: contrast of cell means, method none. Nothing if a needed cell has no run.
std::optional<Estimate> plain_estimate(const RunTable& table, const Contrast& contrast);

/// One-sample t on the per-seed contrasts, df = seeds - 1. Assumes nothing about equal variances or
/// independence within a seed. Needs blocks and two complete seeds.
std::optional<Estimate> per_seed_t(const RunTable& table, const Contrast& contrast);

/// Additive model cell + seed over the contrast's own cells, least squares; balanced data have
/// df = (cells - 1)(seeds - 1). Nothing if the contrast is not estimable beside the seeds, or no
/// degree of freedom is left.
std::optional<Estimate> blocked_t(const RunTable& table, const Contrast& contrast);

/// Pure error pooled over all cells of the design, df = runs - cells. Assumes equal variances.
std::optional<Estimate> pooled_t(const RunTable& table, const Contrast& contrast);

/// A variance per cell, Satterthwaite's degrees of freedom. Needs two runs in every needed cell.
std::optional<Estimate> welch_t(const RunTable& table, const Contrast& contrast);

/// Single runs with a standard deviation known from elsewhere (`df` degrees of freedom, infinite if
/// exact): se = sd sqrt(sum w^2 / n). Reported as pooled.
std::optional<Estimate> external_noise_t(const RunTable& table,
                                         const Contrast& contrast,
                                         double sd,
                                         double df);

/// The rule for the headline when the study file leaves it open: per-seed t for blocks with five
/// seeds or more, blocked for fewer, Welch without blocks. None below two runs per cell.
Method headline_method(bool seeds_are_blocks, std::size_t seeds);

}  // namespace yates::study
