// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/reml.hpp"

#include <cmath>
#include <limits>

namespace yates::study {
namespace {

constexpr int kMostSteps = 200;
constexpr int kMostHalvings = 40;
constexpr double kLogTwoPi = 1.8378770664093453;

/// Criterion, score and expected information at one point.
struct Derivatives {
  double criterion = std::numeric_limits<double>::infinity();
  Eigen::VectorXd score;
  Eigen::MatrixXd information;
};

Eigen::MatrixXd covariance_of(const RemlBlock& block, const Eigen::VectorXd& variances) {
  Eigen::MatrixXd v = Eigen::MatrixXd::Zero(block.values.rows(), block.values.rows());
  for (Eigen::Index k = 0; k < variances.size(); ++k) {
    v += variances(k) * block.components[static_cast<std::size_t>(k)];
  }
  return v;
}

double log_determinant(const Eigen::LLT<Eigen::MatrixXd>& factor) {
  return 2 * factor.matrixLLT().diagonal().array().log().sum();
}

/// Adds one block; false if its covariance is singular.
bool add_block(const RemlBlock& block,
               const Eigen::VectorXd& variances,
               bool derivatives,
               Derivatives& sum) {
  const Eigen::LLT<Eigen::MatrixXd> factor(covariance_of(block, variances));
  if (factor.info() != Eigen::Success) {
    return false;
  }
  const double copies = block.copies;
  const Eigen::Index n = block.values.rows();
  const Eigen::Index p = block.fixed.cols();
  Eigen::MatrixXd projection = factor.solve(Eigen::MatrixXd::Identity(n, n));
  double criterion =
      copies * log_determinant(factor) + copies * static_cast<double>(n - p) * kLogTwoPi;
  if (p > 0) {
    const Eigen::MatrixXd vx = projection * block.fixed;
    const Eigen::LLT<Eigen::MatrixXd> normal(block.fixed.transpose() * vx);
    if (normal.info() != Eigen::Success) {
      return false;
    }
    criterion += log_determinant(normal);
    projection -= vx * normal.solve(vx.transpose());
  }
  const Eigen::MatrixXd residual = projection * block.values;
  criterion += (block.values.array() * residual.array()).sum();
  sum.criterion += criterion;
  if (!derivatives) {
    return true;
  }
  std::vector<Eigen::MatrixXd> products;
  for (const Eigen::MatrixXd& component : block.components) {
    products.push_back(projection * component);
  }
  for (std::size_t k = 0; k < products.size(); ++k) {
    const double quadratic = (residual.array() * (block.components[k] * residual).array()).sum();
    sum.score(static_cast<Eigen::Index>(k)) -= 0.5 * (copies * products[k].trace() - quadratic);
    for (std::size_t l = 0; l <= k; ++l) {
      const double trace = (products[k].array() * products[l].transpose().array()).sum();
      sum.information(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(l)) +=
          0.5 * copies * trace;
    }
  }
  return true;
}

Derivatives evaluate(const std::vector<RemlBlock>& blocks,
                     const Eigen::VectorXd& variances,
                     bool derivatives) {
  const Eigen::Index k = variances.size();
  Derivatives sum{0, Eigen::VectorXd::Zero(k), Eigen::MatrixXd::Zero(k, k)};
  for (const RemlBlock& block : blocks) {
    if (!add_block(block, variances, derivatives, sum)) {
      sum.criterion = std::numeric_limits<double>::infinity();
      return sum;
    }
  }
  sum.information.triangularView<Eigen::StrictlyUpper>() = sum.information.transpose();
  return sum;
}

/// Components that may move: inside, or at zero and pushed upwards.
std::vector<Eigen::Index> free_components(const Eigen::VectorXd& variances,
                                          const Eigen::VectorXd& score) {
  std::vector<Eigen::Index> free;
  for (Eigen::Index k = 0; k < variances.size(); ++k) {
    if (variances(k) > 0 || score(k) > 0) {
      free.push_back(k);
    }
  }
  return free;
}

}  // namespace

RemlFit fit_reml(const std::vector<RemlBlock>& blocks, Eigen::VectorXd start) {
  RemlFit fit;
  fit.variances = std::move(start);
  const double floor = 1e-9 * fit.variances.maxCoeff();
  Derivatives here = evaluate(blocks, fit.variances, true);
  for (int step = 0; step < kMostSteps && !fit.converged; ++step) {
    const std::vector<Eigen::Index> free = free_components(fit.variances, here.score);
    const Eigen::VectorXd score = here.score(free);
    const Eigen::MatrixXd information = here.information(free, free);
    Eigen::VectorXd move = Eigen::VectorXd::Zero(fit.variances.size());
    const Eigen::VectorXd step_free = information.ldlt().solve(score);
    move(free) = step_free;
    double scale = 1;
    Eigen::VectorXd next;
    double criterion = std::numeric_limits<double>::infinity();
    for (int halving = 0; halving < kMostHalvings; ++halving, scale /= 2) {
      next = (fit.variances + scale * move).cwiseMax(0.0);
      // The residual keeps V regular.
      next(next.size() - 1) = std::max(next(next.size() - 1), floor);
      criterion = evaluate(blocks, next, false).criterion;
      if (criterion <= here.criterion + 1e-12 * std::abs(here.criterion)) {
        break;
      }
    }
    const double moved = (next - fit.variances).cwiseAbs().maxCoeff();
    const bool better = criterion <= here.criterion + 1e-12 * std::abs(here.criterion);
    fit.converged = moved <= 1e-11 * fit.variances.maxCoeff() || !better;
    if (better) {
      fit.variances = next;
      here = evaluate(blocks, fit.variances, true);
    }
  }
  // What scoring only creeps towards is zero.
  for (Eigen::Index k = 0; k + 1 < fit.variances.size(); ++k) {
    Eigen::VectorXd without = fit.variances;
    without(k) = 0;
    if (fit.variances(k) > 0 && fit.variances(k) < 1e-7 * fit.variances.maxCoeff() &&
        evaluate(blocks, without, false).criterion <= here.criterion) {
      fit.variances = without;
      here = evaluate(blocks, fit.variances, true);
    }
  }
  fit.criterion = here.criterion;
  fit.covariance = Eigen::MatrixXd::Zero(fit.variances.size(), fit.variances.size());
  std::vector<Eigen::Index> inside;
  for (Eigen::Index k = 0; k < fit.variances.size(); ++k) {
    if (fit.variances(k) > 0) {
      inside.push_back(k);
    }
  }
  const Eigen::MatrixXd information = here.information(inside, inside);
  const Eigen::MatrixXd inverse =
      information.ldlt().solve(Eigen::MatrixXd::Identity(information.rows(), information.cols()));
  fit.covariance(inside, inside) = inverse;
  return fit;
}

}  // namespace yates::study
