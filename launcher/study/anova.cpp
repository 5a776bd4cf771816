// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/anova.hpp"

#include <cmath>
#include <limits>

#include <Eigen/Dense>

#include "launcher/study/distributions.hpp"
#include "launcher/study/factorial_terms.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

AnovaRow make_row(const std::string& term, double df, double ss) {
  return {term, df, ss, df > 0 ? ss / df : kNaN, kNaN, kNaN};
}

void test_rows(std::vector<AnovaRow>& rows, const AnovaRow& error) {
  for (AnovaRow& row : rows) {
    if (row.df > 0 && error.df > 0) {
      row.f = row.ms / error.ms;
      row.p = std::isnan(row.f) ? kNaN : f_upper(row.f, row.df, error.df);
    }
  }
}

}  // namespace

OneWay one_way_anova(const std::vector<std::vector<double>>& groups) {
  // Deviations from one common value: the group sizes then weight small numbers only.
  const double origin = groups.at(0).at(0);
  std::vector<double> all;
  std::vector<double> within;
  std::vector<double> means;
  for (const auto& group : groups) {
    std::vector<double> shifted;
    for (const double value : group) {
      shifted.push_back(value - origin);
    }
    within.push_back(squared_deviations(shifted));
    means.push_back(mean(shifted));
    all.insert(all.end(), shifted.begin(), shifted.end());
  }
  const double grand = mean(all);
  std::vector<double> between;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    between.push_back(static_cast<double>(groups[g].size()) * (means[g] - grand) *
                      (means[g] - grand));
  }
  OneWay result;
  result.between = compensated_sum(between);
  result.within = compensated_sum(within);
  result.between_df = static_cast<double>(groups.size()) - 1;
  result.within_df = static_cast<double>(all.size() - groups.size());
  result.residual_sd = std::sqrt(result.within / result.within_df);
  result.f = result.between / result.between_df / (result.within / result.within_df);
  result.p = std::isnan(result.f) ? kNaN : f_upper(result.f, result.between_df, result.within_df);
  result.r_squared = result.between / (result.between + result.within);
  return result;
}

std::vector<AnovaRow> factorial_anova(const Design& design,
                                      const RunTable& table,
                                      SquaresType type,
                                      bool blocks) {
  const std::vector<Term> terms = factorial_terms(design, table);
  const Eigen::VectorXd values = centered_values(table);
  const Eigen::MatrixXd constant = base_columns(table, false);
  const Eigen::MatrixXd base = base_columns(table, blocks);
  std::vector<AnovaRow> rows;
  if (blocks) {
    const Eigen::MatrixXd added = new_directions(orthonormal(constant), base);
    rows.push_back(make_row(
        "seed", static_cast<double>(added.cols()), (added.transpose() * values).squaredNorm()));
  }
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const Eigen::MatrixXd others = orthonormal(adjusted_for(terms, i, type, base));
    const Eigen::MatrixXd added = new_directions(others, terms[i].columns);
    rows.push_back(make_row(terms[i].name,
                            static_cast<double>(added.cols()),
                            (added.transpose() * values).squaredNorm()));
  }
  const Eigen::MatrixXd fitted = full_model(terms, base);
  const double residual_df =
      static_cast<double>(table.runs.size()) - static_cast<double>(fitted.cols());
  const Eigen::VectorXd residuals = values - fitted * (fitted.transpose() * values);
  const AnovaRow error =
      make_row("residual", residual_df, residual_df > 0 ? residuals.squaredNorm() : 0);
  test_rows(rows, error);
  rows.push_back(error);
  rows.push_back(
      make_row("total", static_cast<double>(table.runs.size()) - 1, values.squaredNorm()));
  return rows;
}

std::vector<AnovaRow> between_block_anova(const Design& design, const RunTable& table) {
  const std::vector<Term> terms = factorial_terms(design, table);
  const Eigen::VectorXd values = centered_values(table);
  const Eigen::MatrixXd constant = orthonormal(base_columns(table, false));
  const Eigen::MatrixXd between = new_directions(constant, base_columns(table, true));
  const Eigen::VectorXd block_values = between.transpose() * values;
  Eigen::MatrixXd used(block_values.size(), 0);
  std::vector<AnovaRow> rows;
  for (const Term& term : terms) {
    const Eigen::MatrixXd projected = between.transpose() * term.columns;
    if (projected.norm() <= kRankTolerance * term.columns.norm()) {
      continue;
    }
    const Eigen::MatrixXd added = new_directions(used, projected);
    if (added.cols() > 0) {
      rows.push_back(make_row(term.name,
                              static_cast<double>(added.cols()),
                              (added.transpose() * block_values).squaredNorm()));
      used = beside(used, added);
    }
  }
  if (rows.empty()) {
    return rows;
  }
  const double df = static_cast<double>(block_values.size() - used.cols());
  const Eigen::VectorXd rest = block_values - used * (used.transpose() * block_values);
  const AnovaRow error = make_row("residual", df, df > 0 ? rest.squaredNorm() : 0);
  test_rows(rows, error);
  rows.push_back(error);
  return rows;
}

FactorialFit factorial_fit(const Design& design, const RunTable& table, bool blocks) {
  const Eigen::VectorXd values = centered_values(table);
  const Eigen::MatrixXd fitted =
      full_model(factorial_terms(design, table), base_columns(table, blocks));
  const Eigen::VectorXd residuals = values - fitted * (fitted.transpose() * values);
  const auto runs = static_cast<double>(values.size());
  FactorialFit fit;
  fit.residual_df = runs - static_cast<double>(fitted.cols());
  const double error = fit.residual_df > 0 ? residuals.squaredNorm() : 0;
  const double total = values.squaredNorm();
  fit.residual_sd = fit.residual_df > 0 ? std::sqrt(error / fit.residual_df) : kNaN;
  fit.r_squared = total > 0 ? 1 - error / total : kNaN;
  fit.adjusted_r_squared =
      fit.residual_df > 0 && total > 0 ? 1 - error / fit.residual_df / (total / (runs - 1)) : kNaN;
  for (Eigen::Index run = 0; run < residuals.size(); ++run) {
    const double rest = 1 - fitted.row(run).squaredNorm();
    fit.press += rest > kRankTolerance ? std::pow(residuals(run) / rest, 2) : kNaN;
  }
  fit.predicted_r_squared = total > 0 ? 1 - fit.press / total : kNaN;
  return fit;
}

std::vector<AnovaRow> robust_anova(const Design& design,
                                   const RunTable& table,
                                   RobustCovariance covariance,
                                   bool blocks) {
  const std::vector<Term> terms = factorial_terms(design, table);
  const Eigen::VectorXd values = centered_values(table);
  const Eigen::MatrixXd base = base_columns(table, blocks);
  const Eigen::MatrixXd fitted = full_model(terms, base);
  const Eigen::VectorXd residuals = values - fitted * (fitted.transpose() * values);
  const double df = static_cast<double>(table.runs.size()) - static_cast<double>(fitted.cols());
  Eigen::VectorXd weights(residuals.size());
  for (Eigen::Index run = 0; run < residuals.size(); ++run) {
    const double leverage = fitted.row(run).squaredNorm();
    const double rest = leverage < 1 - kRankTolerance ? 1 - leverage : kNaN;
    const double scale = covariance == RobustCovariance::HC3 ? rest : 1;
    weights(run) = std::pow(residuals(run) / scale, 2);
  }
  const auto wald = [&](const Eigen::MatrixXd& kept, const Eigen::MatrixXd& tested) {
    if (tested.cols() == 0) {
      return 0.0;
    }
    const Eigen::MatrixXd q = new_directions(orthonormal(kept), tested);
    const Eigen::VectorXd effect = q.transpose() * values;
    const Eigen::MatrixXd spread = q.transpose() * weights.asDiagonal() * q;
    return effect.dot(spread.ldlt().solve(effect));
  };
  std::vector<AnovaRow> rows;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    // The term together with those that contain it, minus these alone: a test of the term whose
    // covariance with them is zero under the robust covariance.
    const Eigen::MatrixXd others = adjusted_for(terms, i, SquaresType::II, base);
    Eigen::MatrixXd larger(values.size(), 0);
    for (std::size_t other = 0; other < terms.size(); ++other) {
      if (other != i && contains(terms[other], terms[i])) {
        larger = beside(larger, terms[other].columns);
      }
    }
    const Eigen::MatrixXd with_term = beside(others, terms[i].columns);
    const double df_term =
        static_cast<double>(new_directions(orthonormal(others), terms[i].columns).cols());
    AnovaRow row = make_row(terms[i].name, df_term, kNaN);
    if (df_term > 0 && df > 0) {
      const double both = wald(others, beside(terms[i].columns, larger));
      row.f = (both - wald(with_term, larger)) / df_term;
      row.p = row.f >= 0 ? f_upper(row.f, df_term, df) : kNaN;
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace yates::study
