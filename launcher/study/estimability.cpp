// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/estimability.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <Eigen/Dense>
#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/study/choices.hpp"

namespace yates::study {
namespace {

constexpr double kTolerance = 1e-8;

/// Rows of the model matrix for the cells that were run.
Eigen::MatrixXd run_rows(const Design& design, const LinearModel& model) {
  Eigen::MatrixXd matrix(design.run_count(), model.columns.size());
  Eigen::Index row = 0;
  for (std::size_t cell = 0; cell < design.size(); ++cell) {
    if (!design.is_run(cell)) {
      continue;
    }
    for (std::size_t term = 0; term < model.columns.size(); ++term) {
      matrix(row, static_cast<Eigen::Index>(term)) = model.columns[term][cell];
    }
    ++row;
  }
  return matrix;
}

/// An orthonormal basis of the null space, one column per dimension.
Eigen::MatrixXd null_space(const Eigen::MatrixXd& matrix) {
  const Eigen::MatrixXd transposed = matrix.transpose();
  Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(transposed);
  qr.setThreshold(kTolerance);
  const Eigen::Index rank = qr.rank();
  const Eigen::MatrixXd q = qr.householderQ();
  return q.rightCols(matrix.cols() - rank);
}

/// Gauss-Jordan elimination in place, columns from the left; the pivot column of each row.
std::vector<Eigen::Index> reduce_rows(Eigen::MatrixXd& matrix) {
  std::vector<Eigen::Index> pivots;
  for (Eigen::Index column = 0; column < matrix.cols(); ++column) {
    const auto row = static_cast<Eigen::Index>(pivots.size());
    if (row == matrix.rows()) {
      break;
    }
    Eigen::Index best = 0;
    const double size = matrix.col(column).tail(matrix.rows() - row).cwiseAbs().maxCoeff(&best);
    if (size < kTolerance) {
      continue;
    }
    matrix.row(row).swap(matrix.row(row + best));
    matrix.row(row) /= matrix(row, column);
    for (Eigen::Index other = 0; other < matrix.rows(); ++other) {
      if (other != row) {
        matrix.row(other) -= matrix(other, column) * matrix.row(row);
      }
    }
    pivots.push_back(column);
  }
  return pivots;
}

/// Appends "+ 2 term" to an equation's right side; the first term carries its sign without a space.
void append_term(std::string& side, double coefficient, const std::string& term) {
  const bool negative = coefficient < 0;
  side += side.empty() ? (negative ? "-" : "") : (negative ? " - " : " + ");
  const double size = std::abs(coefficient);
  if (std::abs(size - 1) < kTolerance) {
    side += term;
  } else {
    side += fmt::format("{:.6g}", size) + (term == "1" ? "" : " " + term);
  }
}

/// The contrast's weights as a function of the model's coefficients.
Eigen::VectorXd coefficient_weights(const LinearModel& model, const Contrast& contrast) {
  Eigen::VectorXd weights(model.columns.size());
  for (std::size_t term = 0; term < model.columns.size(); ++term) {
    double sum = 0;
    for (std::size_t cell = 0; cell < contrast.weights.size(); ++cell) {
      sum += contrast.weights[cell] * model.columns[term][cell];
    }
    weights(static_cast<Eigen::Index>(term)) = sum;
  }
  return weights;
}

}  // namespace

std::string short_name(const Design& design, const std::vector<Component>& parts) {
  const bool letters = std::all_of(design.factors().begin(),
                                   design.factors().end(),
                                   [](const Factor& factor) { return factor.name.size() == 1; });
  std::vector<std::string> names;
  for (const Component& part : parts) {
    names.push_back(part.label);
  }
  return join(names, letters ? "" : ":");
}

LinearModel factorial_model(const Design& design, std::size_t largest_order) {
  LinearModel model{
      .terms = {"1"}, .contrasts = {""}, .columns = {std::vector<double>(design.size(), 1.0)}};
  for (const auto& parts : component_sets(design, largest_order)) {
    std::vector<double> column(design.size(), 1.0);
    for (std::size_t cell = 0; cell < design.size(); ++cell) {
      for (const Component& part : parts) {
        column[cell] *= part.weights[design.level(cell, part.factor)];
      }
    }
    model.terms.push_back(short_name(design, parts));
    model.contrasts.push_back(make_contrast(design, parts, {}).name);
    model.columns.push_back(std::move(column));
  }
  return model;
}

std::size_t model_rank(const Design& design, const LinearModel& model) {
  Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(run_rows(design, model));
  qr.setThreshold(kTolerance);
  return static_cast<std::size_t>(qr.rank());
}

std::vector<bool> estimable_terms(const Design& design, const LinearModel& model) {
  const Eigen::MatrixXd basis = null_space(run_rows(design, model));
  std::vector<bool> estimable;
  for (std::size_t term = 0; term < model.terms.size(); ++term) {
    const auto row = static_cast<Eigen::Index>(term);
    estimable.push_back(basis.cols() == 0 || basis.row(row).cwiseAbs().maxCoeff() < kTolerance);
  }
  return estimable;
}

std::vector<Alias> alias_equations(const Design& design, const LinearModel& model) {
  Eigen::MatrixXd matrix = run_rows(design, model);
  const std::vector<Eigen::Index> pivots = reduce_rows(matrix);
  const std::set<Eigen::Index> is_pivot(pivots.begin(), pivots.end());
  std::vector<Alias> aliases;
  for (Eigen::Index column = 0; column < matrix.cols(); ++column) {
    if (is_pivot.count(column) > 0) {
      continue;
    }
    std::string side;
    for (std::size_t row = 0; row < pivots.size(); ++row) {
      const double coefficient = matrix(static_cast<Eigen::Index>(row), column);
      if (std::abs(coefficient) > kTolerance) {
        append_term(side, coefficient, model.terms[static_cast<std::size_t>(pivots[row])]);
      }
    }
    const std::string& term = model.terms[static_cast<std::size_t>(column)];
    aliases.push_back({term,
                       model.contrasts[static_cast<std::size_t>(column)],
                       term + " = " + (side.empty() ? "0" : side)});
  }
  return aliases;
}

bool is_estimable(const Design& design, const LinearModel& model, const Contrast& contrast) {
  const Eigen::VectorXd weights = coefficient_weights(model, contrast);
  const Eigen::MatrixXd basis = null_space(run_rows(design, model));
  if (basis.cols() == 0) {
    return true;
  }
  const double size = std::max(1.0, weights.cwiseAbs().maxCoeff());
  return (weights.transpose() * basis).cwiseAbs().maxCoeff() < kTolerance * size;
}

std::optional<std::vector<std::size_t>> cells_to_add(const Design& design,
                                                     const LinearModel& model,
                                                     const Contrast& contrast) {
  std::vector<std::size_t> missing;
  std::vector<std::size_t> needed;
  for (std::size_t cell = 0; cell < design.size(); ++cell) {
    if (!design.is_run(cell)) {
      missing.push_back(cell);
      if (contrast.weights[cell] != 0) {
        needed.push_back(cell);
      }
    }
  }
  if (model.columns.size() == design.size()) {
    return needed;
  }
  if (is_estimable(design, model, contrast)) {
    return std::vector<std::size_t>{};
  }
  std::optional<std::vector<std::size_t>> answer;
  constexpr std::size_t kMostAdded = 3;
  for (std::size_t count = 1; count <= std::min(kMostAdded, missing.size()) && !answer; ++count) {
    for_each_choice(missing, count, [&](const std::vector<std::size_t>& added) {
      std::vector<bool> run(design.size());
      for (std::size_t cell = 0; cell < design.size(); ++cell) {
        run[cell] = design.is_run(cell) || std::count(added.begin(), added.end(), cell) > 0;
      }
      Design larger = design;
      larger.set_run(std::move(run));
      if (is_estimable(larger, model, contrast)) {
        answer = added;
      }
      return answer.has_value();
    });
  }
  return answer;
}

}  // namespace yates::study
