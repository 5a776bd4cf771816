// SPDX-License-Identifier: Apache-2.0
// Variance components of any grouped data by REML: fixed groups and crossed or nested random ones.
#pragma once

#include <cstddef>
#include <vector>

namespace yates::study {

struct GroupedData {
  std::vector<double> values;
  std::vector<std::size_t> fixed;                ///< Group with a mean of its own, per value.
  std::vector<std::vector<std::size_t>> random;  ///< [component][value]: its random group.
};

struct VarianceFit {
  std::vector<double> variances;  ///< One per random component, then the residual.
  double criterion = 0;           ///< -2 log restricted likelihood.
  std::vector<double> means;      ///< Per fixed group, generalised least squares.
  std::vector<double> ses;        ///< Their standard errors.
};

/// Fits by REML; components on the boundary are zero. Deterministic; O(n^3) per step.
VarianceFit fit_variance_components(const GroupedData& data);

}  // namespace yates::study
