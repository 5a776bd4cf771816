// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/crossed_reml.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace yates::study {
namespace {

/// Orthonormal contrasts of n cases, each orthogonal to their mean (Helmert).
Eigen::MatrixXd helmert_contrasts(Eigen::Index n) {
  Eigen::MatrixXd contrasts = Eigen::MatrixXd::Zero(n, n - 1);
  for (Eigen::Index column = 0; column + 1 < n; ++column) {
    const auto size = static_cast<double>(column + 1);
    contrasts.col(column).head(column + 1).setConstant(1 / std::sqrt(size * (size + 1)));
    contrasts(column + 1, column) = -size / std::sqrt(size * (size + 1));
  }
  return contrasts;
}

/// Fewer columns with the same products of rows, where there are more columns than rows.
Eigen::MatrixXd condensed(const Eigen::MatrixXd& values) {
  if (values.cols() <= values.rows()) {
    return values;
  }
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(values.transpose());
  const Eigen::MatrixXd r = qr.matrixQR().topRows(values.rows()).triangularView<Eigen::Upper>();
  return r.transpose();
}

}  // namespace

Eigen::MatrixXd values_of(const CrossedData& data, double center) {
  Eigen::MatrixXd values(static_cast<Eigen::Index>(data.values.size()),
                         static_cast<Eigen::Index>(data.values[0].size()));
  for (Eigen::Index run = 0; run < values.rows(); ++run) {
    for (Eigen::Index k = 0; k < values.cols(); ++k) {
      values(run, k) =
          data.values[static_cast<std::size_t>(run)][static_cast<std::size_t>(k)] - center;
    }
  }
  return values;
}

std::pair<RemlBlock, RemlBlock> rotated_blocks(const Eigen::MatrixXd& x,
                                               const Eigen::MatrixXd& z,
                                               const Eigen::MatrixXd& values) {
  const Eigen::Index runs = values.rows();
  const auto k = static_cast<double>(values.cols());
  const RemlComponent absent{.factor = Eigen::MatrixXd(runs, 0)};
  const RemlComponent all{.factor = Eigen::MatrixXd::Ones(runs, 1)};
  const RemlComponent same_cell{.factor = x};
  const RemlComponent same_seed{.factor = z};
  const RemlComponent same_seed_in_all_cases{.factor = z, .scale = k};
  const Eigen::VectorXd means = values.rowwise().mean();
  const Eigen::MatrixXd rest = values.colwise() - means;
  return {RemlBlock{std::sqrt(k) * x,
                    std::sqrt(k) * means,
                    {same_seed_in_all_cases,
                     RemlComponent::rows(k),
                     all,
                     same_cell,
                     same_seed,
                     RemlComponent::rows()},
                    1},
          RemlBlock{Eigen::MatrixXd(runs, 0),
                    condensed(rest * helmert_contrasts(values.cols())),
                    {absent, absent, all, same_cell, same_seed, RemlComponent::rows()},
                    k - 1}};
}

RemlFit fit_strata(const CrossedStrata& s) {
  const double c = s.cells;
  const double n = s.seeds;
  const double k = s.cases;
  struct Stratum {
    double df;
    double ss;
    std::array<double, kParts> expectation;
  };
  const Stratum strata[] = {{n - 1, s.ss_seed, {c * k, k, 0, 0, c, 1}},
                            {k - 1, s.ss_case, {0, 0, c * n, n, c, 1}},
                            {s.df_cell_seed(), s.ss_cell_seed, {0, k, 0, 0, 0, 1}},
                            {s.df_cell_case(), s.ss_cell_case, {0, 0, 0, n, 0, 1}},
                            {(n - 1) * (k - 1), s.ss_seed_case, {0, 0, 0, 0, c, 1}},
                            {s.df_residual(), s.ss_residual, {0, 0, 0, 0, 0, 1}}};
  std::vector<RemlBlock> blocks;
  for (const Stratum& stratum : strata) {
    RemlBlock block{Eigen::MatrixXd(1, 0),
                    Eigen::MatrixXd::Constant(1, 1, std::sqrt(stratum.ss)),
                    {},
                    stratum.df};
    for (const double coefficient : stratum.expectation) {
      block.components.push_back(
          {.factor = Eigen::MatrixXd::Constant(1, 1, 1.0), .scale = coefficient});
    }
    blocks.push_back(std::move(block));
  }
  const double spread = std::max(s.total / (c * n * k), 1e-12) / static_cast<double>(kParts);
  return fit_reml(blocks, Eigen::VectorXd::Constant(kParts, spread));
}

}  // namespace yates::study
