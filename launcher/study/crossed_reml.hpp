// SPDX-License-Identifier: Apache-2.0
// The mixed model of crossed cells, seeds and cases as blocks for REML.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "launcher/study/crossed_model.hpp"
#include "launcher/study/crossed_strata.hpp"
#include "launcher/study/reml.hpp"

namespace yates::study {

/// The order of the components inside REML; the residual last.
enum CrossedPart { kSeed, kRun, kCase, kCellCase, kSeedCase, kResidual, kParts };

/// Runs x groups, zeros and ones. `index` gives each key its column.
template <typename Key>
Eigen::MatrixXd indicator(const std::vector<Key>& keys, const std::map<Key, std::size_t>& index) {
  Eigen::MatrixXd z = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(keys.size()),
                                            static_cast<Eigen::Index>(index.size()));
  for (std::size_t run = 0; run < keys.size(); ++run) {
    z(static_cast<Eigen::Index>(run), static_cast<Eigen::Index>(index.at(keys[run]))) = 1;
  }
  return z;
}

/// Runs x cases, minus a common value.
Eigen::MatrixXd values_of(const CrossedData& data, double center);

/// The case means, which carry the cells, and the K - 1 case contrasts, which are pure error. `x`
/// and `z` are the indicators of cells and seeds over the runs, `values` runs x cases.
std::pair<RemlBlock, RemlBlock> rotated_blocks(const Eigen::MatrixXd& x,
                                               const Eigen::MatrixXd& z,
                                               const Eigen::MatrixXd& values);

/// REML from the mean squares of a complete table, whose expectations are sums of components: what
/// is left to do when the closed form makes one negative.
RemlFit fit_strata(const CrossedStrata& s);

}  // namespace yates::study
