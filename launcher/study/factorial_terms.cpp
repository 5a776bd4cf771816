// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/factorial_terms.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "launcher/study/contrast.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

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

}  // namespace

bool contains(const Term& larger, const Term& smaller) {
  return std::includes(
      larger.factors.begin(), larger.factors.end(), smaller.factors.begin(), smaller.factors.end());
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

Eigen::MatrixXd new_directions(const Eigen::MatrixXd& basis, const Eigen::MatrixXd& columns) {
  Eigen::MatrixXd rest = columns;
  for (int pass = 0; pass < 2; ++pass) {
    rest -= basis * (basis.transpose() * rest);
  }
  const double size = columns.norm();
  if (rest.norm() <= kRankTolerance * size) {
    return Eigen::MatrixXd(columns.rows(), 0);
  }
  Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(rest);
  qr.setThreshold(kRankTolerance * size / rest.colwise().norm().maxCoeff());
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

Eigen::MatrixXd adjusted_for(const std::vector<Term>& terms,
                             std::size_t index,
                             SquaresType type,
                             const Eigen::MatrixXd& base) {
  Eigen::MatrixXd columns = base;
  for (std::size_t other = 0; other < terms.size(); ++other) {
    const bool before = other < index;
    const bool outside = !contains(terms[other], terms[index]);
    const bool wanted = type == SquaresType::I    ? before
                        : type == SquaresType::II ? outside
                                                  : other != index;
    if (wanted) {
      columns = beside(columns, terms[other].columns);
    }
  }
  return columns;
}

Eigen::MatrixXd full_model(const std::vector<Term>& terms, const Eigen::MatrixXd& base) {
  Eigen::MatrixXd all = base;
  for (const Term& term : terms) {
    all = beside(all, term.columns);
  }
  return orthonormal(all);
}

}  // namespace yates::study
