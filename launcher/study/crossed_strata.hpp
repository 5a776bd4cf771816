// SPDX-License-Identifier: Apache-2.0
// Mean squares of a complete table of cells x seeds x cases.
#pragma once

#include <cstddef>
#include <vector>

namespace yates::study {

struct CrossedStrata {
  double cells = 0;  ///< Number of cells, seeds, cases.
  double seeds = 0;
  double cases = 0;
  double total = 0;  ///< Sum of squares about the mean.
  double ss_cell = 0, ss_seed = 0, ss_case = 0;
  double ss_cell_seed = 0, ss_cell_case = 0, ss_seed_case = 0, ss_residual = 0;

  [[nodiscard]] double ms_seed() const { return ss_seed / (seeds - 1); }
  [[nodiscard]] double ms_case() const { return ss_case / (cases - 1); }
  [[nodiscard]] double ms_cell_seed() const { return ss_cell_seed / df_cell_seed(); }
  [[nodiscard]] double ms_cell_case() const { return ss_cell_case / df_cell_case(); }
  [[nodiscard]] double ms_seed_case() const { return ss_seed_case / ((seeds - 1) * (cases - 1)); }
  [[nodiscard]] double ms_residual() const { return ss_residual / df_residual(); }
  [[nodiscard]] double df_cell_seed() const { return (cells - 1) * (seeds - 1); }
  [[nodiscard]] double df_cell_case() const { return (cells - 1) * (cases - 1); }
  [[nodiscard]] double df_residual() const { return (cells - 1) * (seeds - 1) * (cases - 1); }
};

/// Decomposes values[cell][seed][case], a complete box with at least two of each.
CrossedStrata crossed_strata(const std::vector<std::vector<std::vector<double>>>& values);

}  // namespace yates::study
