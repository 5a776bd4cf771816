// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/run_sigma.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <Eigen/Dense>

#include "launcher/study/distributions.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

std::vector<RunValue> runs_in(const RunTable& table, const std::vector<std::size_t>& cells) {
  std::vector<RunValue> runs;
  std::copy_if(
      table.runs.begin(), table.runs.end(), std::back_inserter(runs), [&](const RunValue& run) {
        return std::find(cells.begin(), cells.end(), run.cell) != cells.end();
      });
  return runs;
}

}  // namespace

Interval sigma_interval(const RunSigma& sigma, double confidence) {
  if (std::isinf(sigma.df)) {
    return {sigma.value, sigma.value};
  }
  const double tail = (1 - confidence) / 2;
  return {sigma.value * std::sqrt(sigma.df / chi_squared_quantile(1 - tail, sigma.df)),
          sigma.value * std::sqrt(sigma.df / chi_squared_quantile(tail, sigma.df))};
}

double sigma_upper_bound(const RunSigma& sigma, double confidence) {
  return std::isinf(sigma.df)
             ? sigma.value
             : sigma.value * std::sqrt(sigma.df / chi_squared_quantile(1 - confidence, sigma.df));
}

RunResiduals run_residuals(const RunTable& table) {
  std::map<std::size_t, Eigen::Index> cells;
  std::map<std::int64_t, Eigen::Index> seeds;
  for (const RunValue& run : table.runs) {
    cells.emplace(run.cell, 0);
    if (table.seeds_are_blocks) {
      seeds.emplace(run.seed, 0);
    }
  }
  Eigen::Index columns = 0;
  for (auto& cell : cells) {
    cell.second = columns++;
  }
  for (auto& seed : seeds) {
    seed.second = columns++;
  }
  const auto rows = static_cast<Eigen::Index>(table.runs.size());
  if (rows == 0) {
    return {};
  }
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(rows, columns);
  Eigen::VectorXd values(rows);
  for (Eigen::Index row = 0; row < rows; ++row) {
    const RunValue& run = table.runs[static_cast<std::size_t>(row)];
    matrix(row, cells[run.cell]) = 1;
    if (table.seeds_are_blocks) {
      matrix(row, seeds[run.seed]) = 1;
    }
    values(row) = run.value - table.runs[0].value;
  }
  const Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> solver(matrix);
  const Eigen::VectorXd left = values - matrix * solver.solve(values);
  return {.values = {left.begin(), left.end()}, .df = static_cast<double>(rows - solver.rank())};
}

std::optional<RunSigma> sigma_within_seeds(const RunTable& table,
                                           const std::vector<std::size_t>& cells) {
  RunTable part = table;
  part.runs = runs_in(table, cells);
  const RunResiduals residuals = run_residuals(part);
  if (!table.seeds_are_blocks || residuals.df < 1) {
    return std::nullopt;
  }
  double squares = 0;
  for (const double value : residuals.values) {
    squares += value * value;
  }
  return RunSigma{.value = std::sqrt(squares / residuals.df),
                  .df = residuals.df,
                  .method = Method::Blocked,
                  .source = {}};
}

std::optional<RunSigma> sigma_within_cells(const RunTable& table,
                                           const std::vector<std::size_t>& cells) {
  double squares = 0;
  double df = 0;
  const auto values = cell_values(table);
  for (const std::size_t cell : cells) {
    squares += squared_deviations(values[cell]);
    df += values[cell].empty() ? 0 : static_cast<double>(values[cell].size()) - 1;
  }
  if (df < 1) {
    return std::nullopt;
  }
  return RunSigma{
      .value = std::sqrt(squares / df), .df = df, .method = Method::Pooled, .source = {}};
}

std::optional<RunSigma> published_sigma(const std::string& metric, Method method) {
  // Three pairs of runs, differences of Mean Dice 4.98, 1.27, 4.23 and of HD95 -13.94, -3.63,
  // -11.91: independent runs give sqrt(sum d^2 / 6) with 3 degrees of freedom; a shift that a seed
  // shares over its runs leaves sd(d) / sqrt 2 with 2.
  const bool within_seeds = method == Method::Blocked || method == Method::PerSeedT;
  const bool dice = metric == "dice";
  if (!dice && metric != "hd95_mm" && metric != "hd95") {
    return std::nullopt;
  }
  const double value = dice ? (within_seeds ? 1.387 : 2.717) : (within_seeds ? 3.86 : 7.63);
  return RunSigma{.value = value,
                  .df = within_seeds ? 2.0 : 3.0,
                  .method = within_seeds ? Method::Blocked : Method::Pooled,
                  .source =
                      "three re-seeded runs of the paper's Table 14, no better than an order "
                      "of magnitude"};
}

}  // namespace yates::study
