// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/random_block_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include <Eigen/Dense>

#include "launcher/study/reml.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

template <typename Key>
Eigen::MatrixXd indicator(const std::vector<Key>& keys, std::map<Key, Eigen::Index>& index) {
  for (const Key& key : keys) {
    index.emplace(key, 0);
  }
  Eigen::Index next = 0;
  for (auto& entry : index) {
    entry.second = next++;
  }
  Eigen::MatrixXd z = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(keys.size()), next);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    z(static_cast<Eigen::Index>(i), index.at(keys[i])) = 1;
  }
  return z;
}

}  // namespace

struct RandomBlockModel::Solution {
  std::map<std::size_t, Eigen::Index> cells;  ///< Cell -> column.
  Eigen::VectorXd means;
  Eigen::VectorXd counts;   ///< Runs per column.
  Eigen::MatrixXd weights;  ///< Columns x runs: the means as functions of the values.
  RemlComponent same_seed;
  RemlFit fit;
};

double RandomBlockModel::seed_variance() const {
  return solution_->fit.variances(0);
}

double RandomBlockModel::residual_variance() const {
  return solution_->fit.variances(1);
}

std::optional<RandomBlockModel> RandomBlockModel::fit(const RunTable& table) {
  if (!table.seeds_are_blocks) {
    return std::nullopt;
  }
  std::vector<std::size_t> cells;
  std::vector<std::int64_t> seeds;
  std::vector<double> values;
  for (const RunValue& run : table.runs) {
    cells.push_back(run.cell);
    seeds.push_back(run.seed);
    values.push_back(run.value);
  }
  auto solution = std::make_shared<Solution>();
  std::map<std::int64_t, Eigen::Index> blocks;
  const Eigen::MatrixXd x = indicator(cells, solution->cells);
  const Eigen::MatrixXd z = indicator(seeds, blocks);
  const Eigen::Index runs = x.rows();
  if (x.cols() < 2 || z.cols() < 2 || z.cols() == runs || runs <= x.cols() + 1) {
    return std::nullopt;
  }
  const double center = mean(values);
  Eigen::MatrixXd y(runs, 1);
  for (Eigen::Index i = 0; i < runs; ++i) {
    y(i, 0) = values[static_cast<std::size_t>(i)] - center;
  }
  solution->same_seed = {.factor = z};
  const RemlBlock block{x, y, {solution->same_seed, RemlComponent::rows()}, 1};
  // Runs that the cells explain without rest carry no variance to share out.
  const Eigen::MatrixXd rest = y - x * x.colPivHouseholderQr().solve(y);
  if (!(rest.squaredNorm() > 1e-20 * std::max(y.squaredNorm(), center * center))) {
    return std::nullopt;
  }
  const double spread = rest.squaredNorm() / static_cast<double>(runs - x.cols());
  solution->fit = fit_reml({block}, Eigen::VectorXd::Constant(2, spread / 2));
  const Eigen::MatrixXd v = covariance_of(block, solution->fit.variances);
  const Eigen::MatrixXd vx = Eigen::LLT<Eigen::MatrixXd>(v).solve(x);
  solution->weights = (x.transpose() * vx).inverse() * vx.transpose();
  solution->means = (solution->weights * y).array() + center;
  solution->counts = x.colwise().sum().transpose();
  RandomBlockModel model;
  model.solution_ = std::move(solution);
  return model;
}

std::optional<Estimate> RandomBlockModel::estimate(const Contrast& contrast) const {
  Eigen::VectorXd columns = Eigen::VectorXd::Zero(solution_->means.size());
  double fewest = std::numeric_limits<double>::infinity();
  for (std::size_t cell = 0; cell < contrast.weights.size(); ++cell) {
    if (contrast.weights[cell] == 0) {
      continue;
    }
    const auto column = solution_->cells.find(cell);
    if (column == solution_->cells.end()) {
      return std::nullopt;
    }
    columns(column->second) = contrast.weights[cell];
    fewest = std::min(fewest, solution_->counts(column->second));
  }
  const Eigen::VectorXd combination = solution_->weights.transpose() * columns;
  const Eigen::Vector2d gradient(solution_->same_seed.quadratic(combination),
                                 combination.squaredNorm());
  const double variance = gradient.dot(solution_->fit.variances);
  return Estimate{
      .method = Method::Mixed,
      .estimate = columns.dot(solution_->means),
      .se = std::sqrt(variance),
      .df = 2 * variance * variance / gradient.dot(solution_->fit.covariance * gradient),
      .n = static_cast<std::size_t>(fewest)};
}

}  // namespace yates::study
