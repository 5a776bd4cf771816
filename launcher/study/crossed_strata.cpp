// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/crossed_strata.hpp"

#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

using Box = std::vector<std::vector<std::vector<double>>>;
using Plane = std::vector<std::vector<double>>;

/// Sum of squares of interaction residuals m[i][j] - row - column + grand.
double interaction_squares(const Plane& means) {
  std::vector<double> rows;
  std::vector<double> columns(means[0].size(), 0.0);
  for (const auto& row : means) {
    rows.push_back(mean(row));
  }
  for (std::size_t j = 0; j < columns.size(); ++j) {
    std::vector<double> column;
    for (const auto& row : means) {
      column.push_back(row[j]);
    }
    columns[j] = mean(column);
  }
  const double grand = mean(rows);
  std::vector<double> squares;
  for (std::size_t i = 0; i < means.size(); ++i) {
    for (std::size_t j = 0; j < columns.size(); ++j) {
      const double rest = means[i][j] - rows[i] - columns[j] + grand;
      squares.push_back(rest * rest);
    }
  }
  return compensated_sum(squares);
}

/// Means over the third index.
Plane over_third(const Box& box) {
  Plane means;
  for (const auto& plane : box) {
    means.emplace_back();
    for (const auto& line : plane) {
      means.back().push_back(mean(line));
    }
  }
  return means;
}

/// box[a][b][c] -> box[permuted]: (a, c, b) and (b, c, a).
Box swap_last(const Box& box) {
  Box swapped(box.size(), Plane(box[0][0].size(), std::vector<double>(box[0].size())));
  for (std::size_t a = 0; a < box.size(); ++a) {
    for (std::size_t b = 0; b < box[0].size(); ++b) {
      for (std::size_t c = 0; c < box[0][0].size(); ++c) {
        swapped[a][c][b] = box[a][b][c];
      }
    }
  }
  return swapped;
}

Box first_to_last(const Box& box) {
  Box moved(box[0].size(), Plane(box[0][0].size(), std::vector<double>(box.size())));
  for (std::size_t a = 0; a < box.size(); ++a) {
    for (std::size_t b = 0; b < box[0].size(); ++b) {
      for (std::size_t c = 0; c < box[0][0].size(); ++c) {
        moved[b][c][a] = box[a][b][c];
      }
    }
  }
  return moved;
}

std::vector<double> row_means(const Plane& plane) {
  std::vector<double> means;
  for (const auto& row : plane) {
    means.push_back(mean(row));
  }
  return means;
}

}  // namespace

CrossedStrata crossed_strata(const Box& values) {
  CrossedStrata strata;
  strata.cells = static_cast<double>(values.size());
  strata.seeds = static_cast<double>(values[0].size());
  strata.cases = static_cast<double>(values[0][0].size());
  const Plane cell_seed = over_third(values);
  const Plane cell_case = over_third(swap_last(values));
  const Box by_case = first_to_last(values);
  const Plane seed_case = over_third(by_case);
  std::vector<double> all;
  for (const auto& plane : values) {
    for (const auto& line : plane) {
      all.insert(all.end(), line.begin(), line.end());
    }
  }
  strata.total = squared_deviations(all);
  strata.ss_cell = strata.seeds * strata.cases * squared_deviations(row_means(cell_seed));
  strata.ss_seed = strata.cells * strata.cases * squared_deviations(row_means(seed_case));
  std::vector<double> case_means;
  for (std::size_t k = 0; k < cell_case[0].size(); ++k) {
    std::vector<double> column;
    for (const auto& row : cell_case) {
      column.push_back(row[k]);
    }
    case_means.push_back(mean(column));
  }
  strata.ss_case = strata.cells * strata.seeds * squared_deviations(case_means);
  strata.ss_cell_seed = strata.cases * interaction_squares(cell_seed);
  strata.ss_cell_case = strata.seeds * interaction_squares(cell_case);
  strata.ss_seed_case = strata.cells * interaction_squares(seed_case);
  strata.ss_residual = strata.total - strata.ss_cell - strata.ss_seed - strata.ss_case -
                       strata.ss_cell_seed - strata.ss_cell_case - strata.ss_seed_case;
  strata.ss_residual = strata.ss_residual > 0 ? strata.ss_residual : 0;
  return strata;
}

}  // namespace yates::study
