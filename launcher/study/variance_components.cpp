// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/variance_components.hpp"

#include <algorithm>
#include <cmath>

#include "launcher/study/reml.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

Eigen::MatrixXd indicator(const std::vector<std::size_t>& groups) {
  const std::size_t count = *std::max_element(groups.begin(), groups.end()) + 1;
  Eigen::MatrixXd z = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(groups.size()),
                                            static_cast<Eigen::Index>(count));
  for (std::size_t i = 0; i < groups.size(); ++i) {
    z(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(groups[i])) = 1;
  }
  return z;
}

}  // namespace

VarianceFit fit_variance_components(const GroupedData& data) {
  const auto n = static_cast<Eigen::Index>(data.values.size());
  const double center = mean(data.values);
  RemlBlock block{indicator(data.fixed), Eigen::MatrixXd(n, 1), {}, 1};
  for (Eigen::Index i = 0; i < n; ++i) {
    block.values(i, 0) = data.values[static_cast<std::size_t>(i)] - center;
  }
  for (const auto& groups : data.random) {
    block.components.push_back({.factor = indicator(groups)});
  }
  block.components.push_back(RemlComponent::rows());
  const auto count = static_cast<Eigen::Index>(block.components.size());
  const double spread = variance(data.values) / static_cast<double>(count);
  const RemlFit fit = fit_reml({block}, Eigen::VectorXd::Constant(count, spread));

  VarianceFit result;
  result.criterion = fit.criterion;
  result.variances.assign(fit.variances.begin(), fit.variances.end());
  const Eigen::LLT<Eigen::MatrixXd> factor(covariance_of(block, fit.variances));
  const Eigen::MatrixXd normal = block.fixed.transpose() * factor.solve(block.fixed);
  const Eigen::MatrixXd covariance = normal.inverse();
  const Eigen::VectorXd beta =
      covariance * (block.fixed.transpose() * factor.solve(block.values.col(0)));
  for (Eigen::Index group = 0; group < beta.size(); ++group) {
    result.means.push_back(beta(group) + center);
    result.ses.push_back(std::sqrt(covariance(group, group)));
  }
  return result;
}

}  // namespace yates::study
