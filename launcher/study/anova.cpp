// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/anova.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include <Eigen/Dense>

#include "base/text.hpp"
#include "launcher/study/contrast.hpp"
#include "launcher/study/distributions.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

constexpr double kTolerance = 1e-9;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// The columns of one factorial term over the runs.
struct Term {
  std::string name;
  std::set<std::size_t> factors;
  Eigen::MatrixXd columns;
};

Eigen::VectorXd product_column(const Design& design,
                               const RunTable& table,
                               const std::vector<Component>& parts) {
  Eigen::VectorXd column = Eigen::VectorXd::Ones(static_cast<Eigen::Index>(table.runs.size()));
  for (std::size_t run = 0; run < table.runs.size(); ++run) {
    for (const Component& part : parts) {
      column(static_cast<Eigen::Index>(run)) *=
          part.weights[design.level(table.runs[run].cell, part.factor)];
    }
  }
  return column;
}

std::vector<Term> factorial_terms(const Design& design, const RunTable& table) {
  std::vector<Term> terms;
  for (const auto& parts : component_sets(design, design.factors().size())) {
    std::set<std::size_t> factors;
    std::vector<std::string> names;
    for (const Component& part : parts) {
      factors.insert(part.factor);
      names.push_back(design.factors()[part.factor].name);
    }
    auto term = std::find_if(
        terms.begin(), terms.end(), [&](const Term& t) { return t.factors == factors; });
    if (term == terms.end()) {
      terms.push_back({join(names, ":"), factors, Eigen::MatrixXd(table.runs.size(), 0)});
      term = terms.end() - 1;
    }
    term->columns.conservativeResize(Eigen::NoChange, term->columns.cols() + 1);
    term->columns.rightCols(1) = product_column(design, table, parts);
  }
  return terms;
}

/// The constant, or one column per block.
Eigen::MatrixXd base_columns(const RunTable& table, bool blocks) {
  std::map<std::int64_t, Eigen::Index> index;
  for (const RunValue& run : table.runs) {
    index.emplace(blocks ? run.seed : 0, 0);
  }
  Eigen::Index next = 0;
  for (auto& block : index) {
    block.second = next++;
  }
  Eigen::MatrixXd columns =
      Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(table.runs.size()), next);
  for (std::size_t run = 0; run < table.runs.size(); ++run) {
    columns(static_cast<Eigen::Index>(run), index[blocks ? table.runs[run].seed : 0]) = 1;
  }
  return columns;
}

Eigen::MatrixXd beside(const Eigen::MatrixXd& left, const Eigen::MatrixXd& right) {
  Eigen::MatrixXd both(left.rows(), left.cols() + right.cols());
  both << left, right;
  return both;
}

/// An orthonormal basis of what `columns` add to the orthonormal columns of `basis`.
Eigen::MatrixXd new_directions(const Eigen::MatrixXd& basis, const Eigen::MatrixXd& columns) {
  Eigen::MatrixXd rest = columns;
  for (int pass = 0; pass < 2; ++pass) {
    rest -= basis * (basis.transpose() * rest);
  }
  const double size = columns.norm();
  if (rest.norm() <= kTolerance * size) {
    return Eigen::MatrixXd(columns.rows(), 0);
  }
  Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(rest);
  qr.setThreshold(kTolerance * size / rest.colwise().norm().maxCoeff());
  const Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(rest.rows(), qr.rank());
  return q;
}

Eigen::MatrixXd orthonormal(const Eigen::MatrixXd& columns) {
  return new_directions(Eigen::MatrixXd(columns.rows(), 0), columns);
}

Eigen::VectorXd centered_values(const RunTable& table) {
  std::vector<double> values;
  for (const RunValue& run : table.runs) {
    values.push_back(run.value);
  }
  const double center = mean(values);
  Eigen::VectorXd centered(static_cast<Eigen::Index>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    centered(static_cast<Eigen::Index>(i)) = values[i] - center;
  }
  return centered;
}

bool contains(const std::set<std::size_t>& larger, const std::set<std::size_t>& smaller) {
  return std::includes(larger.begin(), larger.end(), smaller.begin(), smaller.end());
}

/// The columns that a term is adjusted for.
Eigen::MatrixXd adjusted_for(const std::vector<Term>& terms,
                             std::size_t index,
                             SquaresType type,
                             const Eigen::MatrixXd& base) {
  Eigen::MatrixXd columns = base;
  for (std::size_t other = 0; other < terms.size(); ++other) {
    const bool before = other < index;
    const bool outside = !contains(terms[other].factors, terms[index].factors);
    const bool wanted = type == SquaresType::I    ? before
                        : type == SquaresType::II ? outside
                                                  : other != index;
    if (wanted) {
      columns = beside(columns, terms[other].columns);
    }
  }
  return columns;
}

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

/// Orthonormal columns of the whole model.
Eigen::MatrixXd full_model(const std::vector<Term>& terms, const Eigen::MatrixXd& base) {
  Eigen::MatrixXd all = base;
  for (const Term& term : terms) {
    all = beside(all, term.columns);
  }
  return orthonormal(all);
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
    if (projected.norm() <= kTolerance * term.columns.norm()) {
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
    fit.press += rest > kTolerance ? std::pow(residuals(run) / rest, 2) : kNaN;
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
    const double rest = leverage < 1 - kTolerance ? 1 - leverage : kNaN;
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
      if (other != i && contains(terms[other].factors, terms[i].factors)) {
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
