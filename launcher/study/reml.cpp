// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/reml.hpp"

#include <cmath>
#include <limits>

namespace yates::study {
namespace {

constexpr int kMostSteps = 200;
constexpr int kMostHalvings = 40;
constexpr double kLogTwoPi = 1.8378770664093453;

/// How much of a point is computed.
enum class Depth { Criterion, Score, Curvature };

/// Criterion, score and information at one point: expected for the steps, observed for the
/// uncertainty of what is found (as lmerTest takes it from the Hessian).
struct Derivatives {
  double criterion = std::numeric_limits<double>::infinity();
  Eigen::VectorXd score;
  Eigen::MatrixXd information;
  Eigen::MatrixXd observed;
};

double log_determinant(const Eigen::LLT<Eigen::MatrixXd>& factor) {
  return 2 * factor.matrixLLT().diagonal().array().log().sum();
}

/// tr(P C P D) without the scales: the squared size of F' P G.
double trace_of_product(const RemlComponent& one,
                        const Eigen::MatrixXd& p_one,
                        const RemlComponent& other,
                        const Eigen::MatrixXd& p_other) {
  if (one.identity) {
    return p_other.squaredNorm();
  }
  return other.identity ? p_one.squaredNorm() : (one.factor.transpose() * p_other).squaredNorm();
}

/// Adds r' C P D r, the part of the observed information that depends on the values; `weighted`
/// holds C r without the scales.
void add_curvature(const RemlBlock& block,
                   const Eigen::MatrixXd& projection,
                   const std::vector<Eigen::MatrixXd>& weighted,
                   Eigen::MatrixXd& observed) {
  for (std::size_t l = 0; l < weighted.size(); ++l) {
    const Eigen::MatrixXd projected = projection * weighted[l];
    for (std::size_t k = l; k < weighted.size(); ++k) {
      observed(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(l)) +=
          block.components[k].scale * block.components[l].scale *
          (weighted[k].array() * projected.array()).sum();
    }
  }
}

/// Adds one block; false if its covariance is singular.
bool add_block(const RemlBlock& block,
               const Eigen::VectorXd& variances,
               Depth depth,
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
  if (depth == Depth::Criterion) {
    return true;
  }
  // P F and F' r of every component, P and r where F is the identity.
  std::vector<Eigen::MatrixXd> products;
  std::vector<Eigen::MatrixXd> weighted;
  for (const RemlComponent& component : block.components) {
    products.push_back(component.identity ? projection : projection * component.factor);
    weighted.push_back(component.identity
                           ? residual
                           : component.factor * (component.factor.transpose() * residual));
  }
  for (std::size_t k = 0; k < products.size(); ++k) {
    const RemlComponent& one = block.components[k];
    const double quadratic = one.scale * (residual.array() * weighted[k].array()).sum();
    const double trace_one =
        one.scale *
        (one.identity ? projection.trace() : (one.factor.array() * products[k].array()).sum());
    sum.score(static_cast<Eigen::Index>(k)) -= 0.5 * (copies * trace_one - quadratic);
    for (std::size_t l = 0; l <= k; ++l) {
      const RemlComponent& other = block.components[l];
      const double scales = one.scale * other.scale;
      const double trace = scales * trace_of_product(one, products[k], other, products[l]);
      const auto row = static_cast<Eigen::Index>(k);
      const auto column = static_cast<Eigen::Index>(l);
      sum.information(row, column) += 0.5 * copies * trace;
      sum.observed(row, column) -= 0.5 * copies * trace;
    }
  }
  if (depth == Depth::Curvature) {
    add_curvature(block, projection, weighted, sum.observed);
  }
  return true;
}

Derivatives evaluate(const std::vector<RemlBlock>& blocks,
                     const Eigen::VectorXd& variances,
                     Depth depth) {
  const Eigen::Index k = variances.size();
  Derivatives sum{
      0, Eigen::VectorXd::Zero(k), Eigen::MatrixXd::Zero(k, k), Eigen::MatrixXd::Zero(k, k)};
  for (const RemlBlock& block : blocks) {
    if (!add_block(block, variances, depth, sum)) {
      sum.criterion = std::numeric_limits<double>::infinity();
      return sum;
    }
  }
  sum.information.triangularView<Eigen::StrictlyUpper>() = sum.information.transpose();
  sum.observed.triangularView<Eigen::StrictlyUpper>() = sum.observed.transpose();
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

double RemlComponent::quadratic(const Eigen::VectorXd& x) const {
  return scale * (identity ? x.squaredNorm() : (factor.transpose() * x).squaredNorm());
}

Eigen::MatrixXd covariance_of(const RemlBlock& block, const Eigen::VectorXd& variances) {
  const Eigen::Index n = block.values.rows();
  Eigen::MatrixXd v = Eigen::MatrixXd::Zero(n, n);
  for (Eigen::Index k = 0; k < variances.size(); ++k) {
    const RemlComponent& component = block.components[static_cast<std::size_t>(k)];
    const double weight = variances(k) * component.scale;
    if (component.identity) {
      v.diagonal().array() += weight;
    } else if (component.factor.cols() > 0 && weight > 0) {
      v += weight * (component.factor * component.factor.transpose());
    }
  }
  return v;
}

RemlFit fit_reml(const std::vector<RemlBlock>& blocks, Eigen::VectorXd start) {
  RemlFit fit;
  fit.variances = std::move(start);
  const double floor = 1e-9 * fit.variances.maxCoeff();
  Derivatives here = evaluate(blocks, fit.variances, Depth::Score);
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
      criterion = evaluate(blocks, next, Depth::Criterion).criterion;
      if (criterion <= here.criterion + 1e-12 * std::abs(here.criterion)) {
        break;
      }
    }
    const double moved = (next - fit.variances).cwiseAbs().maxCoeff();
    const bool better = criterion <= here.criterion + 1e-12 * std::abs(here.criterion);
    fit.converged = moved <= 1e-11 * fit.variances.maxCoeff() || !better;
    if (better) {
      fit.variances = next;
      here = evaluate(blocks, fit.variances, Depth::Score);
    }
  }
  // What scoring only creeps towards is zero.
  for (Eigen::Index k = 0; k + 1 < fit.variances.size(); ++k) {
    Eigen::VectorXd without = fit.variances;
    without(k) = 0;
    if (fit.variances(k) > 0 && fit.variances(k) < 1e-7 * fit.variances.maxCoeff() &&
        evaluate(blocks, without, Depth::Criterion).criterion <= here.criterion) {
      fit.variances = without;
      here = evaluate(blocks, fit.variances, Depth::Score);
    }
  }
  here = evaluate(blocks, fit.variances, Depth::Curvature);
  fit.criterion = here.criterion;
  fit.covariance = Eigen::MatrixXd::Zero(fit.variances.size(), fit.variances.size());
  std::vector<Eigen::Index> inside;
  for (Eigen::Index k = 0; k < fit.variances.size(); ++k) {
    if (fit.variances(k) > 0) {
      inside.push_back(k);
    }
  }
  const Eigen::MatrixXd information = here.observed(inside, inside);
  const Eigen::MatrixXd inverse =
      information.ldlt().solve(Eigen::MatrixXd::Identity(information.rows(), information.cols()));
  fit.covariance(inside, inside) = inverse;
  return fit;
}

}  // namespace yates::study
