// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/t_inference.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include <Eigen/Dense>

#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

constexpr double kRankTolerance = 1e-9;
constexpr std::size_t kSeedsForPerSeedT = 5;

constexpr std::pair<Method, const char*> kNames[] = {{Method::PerSeedT, "per_seed_t"},
                                                     {Method::Blocked, "blocked"},
                                                     {Method::Pooled, "pooled"},
                                                     {Method::Welch, "welch"},
                                                     {Method::Mixed, "mixed"},
                                                     {Method::Lenth, "lenth"},
                                                     {Method::None, "none"}};

/// Sum of w^2 / n over the needed cells: the variance of the estimate in units of the run variance.
double variance_factor(const Contrast& contrast, const std::vector<std::vector<double>>& values) {
  double sum = 0;
  for (std::size_t cell = 0; cell < values.size(); ++cell) {
    if (contrast.weights[cell] != 0) {
      sum += contrast.weights[cell] * contrast.weights[cell] /
             static_cast<double>(values[cell].size());
    }
  }
  return sum;
}

/// Least squares for cell + seed over the needed cells.
struct BlockModel {
  Eigen::MatrixXd matrix;   ///< Runs x (cells + seeds), zeros and ones.
  Eigen::VectorXd values;   ///< Minus a common offset.
  Eigen::VectorXd weights;  ///< The contrast on the columns; seeds have none.
};

std::vector<RunValue> runs_of(const RunTable& table, const Contrast& contrast) {
  std::vector<RunValue> runs;
  std::copy_if(
      table.runs.begin(), table.runs.end(), std::back_inserter(runs), [&](const RunValue& run) {
        return contrast.weights[run.cell] != 0;
      });
  return runs;
}

BlockModel block_model(const std::vector<RunValue>& runs, const Contrast& contrast) {
  std::map<std::size_t, Eigen::Index> cells;
  std::map<std::int64_t, Eigen::Index> seeds;
  for (const RunValue& run : runs) {
    cells.emplace(run.cell, 0);
    seeds.emplace(run.seed, 0);
  }
  Eigen::Index column = 0;
  for (auto& cell : cells) {
    cell.second = column++;
  }
  for (auto& seed : seeds) {
    seed.second = column++;
  }
  BlockModel model{Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(runs.size()), column),
                   Eigen::VectorXd(static_cast<Eigen::Index>(runs.size())),
                   Eigen::VectorXd::Zero(column)};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    model.matrix(row, cells[runs[i].cell]) = 1;
    model.matrix(row, seeds[runs[i].seed]) = 1;
    model.values(row) = runs[i].value - runs[0].value;
  }
  for (const auto& [cell, index] : cells) {
    model.weights(index) = contrast.weights[cell];
  }
  return model;
}

}  // namespace

std::string to_string(Method method) {
  const auto found = std::find_if(std::begin(kNames), std::end(kNames), [&](const auto& entry) {
    return entry.first == method;
  });
  return found->second;
}

std::optional<Method> parse_method(const std::string& name) {
  for (const auto& [method, text] : kNames) {
    if (text == name) {
      return method;
    }
  }
  return std::nullopt;
}

std::vector<std::vector<double>> cell_values(const RunTable& table) {
  std::vector<std::vector<double>> values(table.cells);
  for (const RunValue& run : table.runs) {
    values[run.cell].push_back(run.value);
  }
  return values;
}

std::vector<double> cell_means(const RunTable& table) {
  std::vector<double> means;
  for (const auto& values : cell_values(table)) {
    means.push_back(mean(values));
  }
  return means;
}

std::vector<SeedContrast> per_seed_contrasts(const RunTable& table, const Contrast& contrast) {
  std::map<std::int64_t, RunTable> seeds;
  for (const RunValue& run : table.runs) {
    RunTable& seed = seeds[run.seed];
    seed.cells = table.cells;
    seed.runs.push_back(run);
  }
  std::vector<SeedContrast> contrasts;
  for (const auto& [seed, runs] : seeds) {
    const double value = contrast.estimate(cell_means(runs));
    if (!std::isnan(value)) {
      contrasts.push_back({seed, value});
    }
  }
  return contrasts;
}

std::optional<Estimate> plain_estimate(const RunTable& table, const Contrast& contrast) {
  Estimate result{.estimate = contrast.estimate(cell_means(table))};
  if (std::isnan(result.estimate)) {
    return std::nullopt;
  }
  const auto values = cell_values(table);
  result.n = table.runs.size();
  for (std::size_t cell = 0; cell < values.size(); ++cell) {
    if (contrast.weights[cell] != 0) {
      result.n = std::min(result.n, values[cell].size());
    }
  }
  return result;
}

std::optional<Estimate> per_seed_t(const RunTable& table, const Contrast& contrast) {
  if (!table.seeds_are_blocks) {
    return std::nullopt;
  }
  std::vector<double> values;
  for (const SeedContrast& seed : per_seed_contrasts(table, contrast)) {
    values.push_back(seed.value);
  }
  if (values.size() < 2) {
    return std::nullopt;
  }
  const auto n = static_cast<double>(values.size());
  return Estimate{.method = Method::PerSeedT,
                  .estimate = mean(values),
                  .se = std::sqrt(variance(values) / n),
                  .df = n - 1,
                  .n = values.size()};
}

std::optional<Estimate> blocked_t(const RunTable& table, const Contrast& contrast) {
  const auto plain = plain_estimate(table, contrast);
  if (!table.seeds_are_blocks || !plain) {
    return std::nullopt;
  }
  const std::vector<RunValue> runs = runs_of(table, contrast);
  const BlockModel model = block_model(runs, contrast);
  Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> solver(model.matrix);
  solver.setThreshold(kRankTolerance);
  const double df = static_cast<double>(runs.size()) - static_cast<double>(solver.rank());
  // c'(X'X)^- c = |z|^2 with X'z = c: exact when c lies in the row space, as it must.
  const Eigen::VectorXd combination =
      Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd>(model.matrix.transpose())
          .solve(model.weights);
  const double miss = (model.matrix.transpose() * combination - model.weights).norm();
  if (df < 1 || miss > kRankTolerance * model.weights.norm()) {
    return std::nullopt;
  }
  const Eigen::VectorXd residuals = model.values - model.matrix * solver.solve(model.values);
  const double error = residuals.squaredNorm() / df;
  return Estimate{.method = Method::Blocked,
                  .estimate = combination.dot(model.values),
                  .se = std::sqrt(error) * combination.norm(),
                  .df = df,
                  .n = plain->n};
}

std::optional<Estimate> pooled_t(const RunTable& table, const Contrast& contrast) {
  auto result = plain_estimate(table, contrast);
  if (!result) {
    return std::nullopt;
  }
  const auto values = cell_values(table);
  std::vector<double> squares;
  double df = 0;
  for (const auto& cell : values) {
    squares.push_back(squared_deviations(cell));
    df += cell.empty() ? 0 : static_cast<double>(cell.size()) - 1;
  }
  if (df < 1) {
    return std::nullopt;
  }
  result->method = Method::Pooled;
  result->df = df;
  result->se = std::sqrt(compensated_sum(squares) / df * variance_factor(contrast, values));
  return result;
}

std::optional<Estimate> welch_t(const RunTable& table, const Contrast& contrast) {
  auto result = plain_estimate(table, contrast);
  if (!result || result->n < 2) {
    return std::nullopt;
  }
  const auto values = cell_values(table);
  double total = 0;
  double squares = 0;
  for (std::size_t cell = 0; cell < values.size(); ++cell) {
    const double weight = contrast.weights[cell];
    if (weight != 0) {
      const auto n = static_cast<double>(values[cell].size());
      const double part = weight * weight * variance(values[cell]) / n;
      total += part;
      squares += part * part / (n - 1);
    }
  }
  result->method = Method::Welch;
  result->se = std::sqrt(total);
  // All cells constant: the fewest degrees of freedom any of them has.
  result->df = squares > 0 ? total * total / squares : static_cast<double>(result->n) - 1;
  return result;
}

std::optional<Estimate> external_noise_t(const RunTable& table,
                                         const Contrast& contrast,
                                         double sd,
                                         double df) {
  auto result = plain_estimate(table, contrast);
  if (!result) {
    return std::nullopt;
  }
  result->method = Method::Pooled;
  result->se = sd * std::sqrt(variance_factor(contrast, cell_values(table)));
  result->df = df;
  return result;
}

Method headline_method(bool seeds_are_blocks, std::size_t seeds) {
  if (seeds < 2) {
    return Method::None;
  }
  if (!seeds_are_blocks) {
    return Method::Welch;
  }
  return seeds >= kSeedsForPerSeedT ? Method::PerSeedT : Method::Blocked;
}

}  // namespace yates::study
