// SPDX-License-Identifier: Apache-2.0
// The columns of a factorial's terms over the runs, and the directions that some add to others.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include <Eigen/Dense>

#include "launcher/study/anova.hpp"

namespace yates::study {

/// What is left of a column, relative to its size, from which on it is a direction of its own.
inline constexpr double kRankTolerance = 1e-9;

/// The columns of one factorial term over the runs.
struct Term {
  std::string name;
  std::set<std::size_t> factors;
  Eigen::MatrixXd columns;
};

/// Whether all factors of `smaller` are among those of `larger`.
bool contains(const Term& larger, const Term& smaller);

/// The terms of the full factorial in standard order of factors, lower orders first.
std::vector<Term> factorial_terms(const Design& design, const RunTable& table);

/// The constant, or one column per block.
Eigen::MatrixXd base_columns(const RunTable& table, bool blocks);

/// The columns of both.
Eigen::MatrixXd beside(const Eigen::MatrixXd& left, const Eigen::MatrixXd& right);

/// An orthonormal basis of what `columns` add to the orthonormal columns of `basis`.
Eigen::MatrixXd new_directions(const Eigen::MatrixXd& basis, const Eigen::MatrixXd& columns);

/// An orthonormal basis of what `columns` span.
Eigen::MatrixXd orthonormal(const Eigen::MatrixXd& columns);

/// The runs' values about their mean.
Eigen::VectorXd centered_values(const RunTable& table);

/// The columns that a term is adjusted for.
Eigen::MatrixXd adjusted_for(const std::vector<Term>& terms,
                             std::size_t index,
                             SquaresType type,
                             const Eigen::MatrixXd& base);

/// Orthonormal columns of the whole model.
Eigen::MatrixXd full_model(const std::vector<Term>& terms, const Eigen::MatrixXd& base);

}  // namespace yates::study
