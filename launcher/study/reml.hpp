// SPDX-License-Identifier: Apache-2.0
// Restricted maximum likelihood for variance components, dense, by Fisher scoring on the variances
// themselves with an active set at zero. For a few hundred rows and at most six components.
#pragma once

#include <vector>

#include <Eigen/Dense>

namespace yates::study {

/// A covariance per unit variance: scale * F F', or scale * identity. Few columns of F make fits
/// fast.
struct RemlComponent {
  Eigen::MatrixXd factor = {};  ///< F, n x q; q = 0 for a component that is absent here.
  double scale = 1;
  bool identity = false;

  /// The component that gives every row a variance of its own.
  static RemlComponent rows(double scale = 1) { return {{}, scale, true}; }
  /// x' C x.
  [[nodiscard]] double quadratic(const Eigen::VectorXd& x) const;
};

/// Rows that share one covariance V = sum_k variance_k * components[k], seen in `copies`
/// independent copies whose values are the columns of `values`; these may be condensed into fewer
/// columns with the same sum of products. All blocks share the variances.
struct RemlBlock {
  Eigen::MatrixXd fixed;   ///< n x p, full column rank; p = 0 for pure error copies.
  Eigen::MatrixXd values;  ///< n rows; one column where p > 0.
  std::vector<RemlComponent> components;
  double copies = 1;
};

struct RemlFit {
  Eigen::VectorXd variances;  ///< >= 0; zero on the boundary.
  Eigen::MatrixXd
      covariance;        ///< Of the variances, inverse observed information; zero on the boundary.
  double criterion = 0;  ///< -2 log restricted likelihood, as lme4 prints it.
  bool converged = false;
};

/// V at these variances.
Eigen::MatrixXd covariance_of(const RemlBlock& block, const Eigen::VectorXd& variances);

/// Fits from `start` (positive). Deterministic. The last component must keep V regular (the
/// residual).
RemlFit fit_reml(const std::vector<RemlBlock>& blocks, Eigen::VectorXd start);

}  // namespace yates::study
