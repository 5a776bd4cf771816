// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/crossed_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "launcher/study/crossed_reml.hpp"
#include "launcher/study/crossed_strata.hpp"
#include "launcher/study/random_block_model.hpp"
#include "launcher/study/reml.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

/// Components that vary between the units of a target: with the cases fixed, seed:case and the
/// residual still differ between seeds; with the seeds fixed they differ between cases.
constexpr std::array<std::array<bool, kParts>, 3> kVaries = {
    {{true, true, false, false, true, true},
     {false, false, true, true, true, true},
     {true, true, true, true, true, true}}};

bool is_complete(const CrossedData& data,
                 std::map<std::size_t, std::size_t>& cells,
                 std::map<std::int64_t, std::size_t>& seeds) {
  for (std::size_t run = 0; run < data.cell.size(); ++run) {
    cells.emplace(data.cell[run], 0);
    seeds.emplace(data.seed[run], 0);
  }
  std::size_t next = 0;
  for (auto& cell : cells) {
    cell.second = next++;
  }
  next = 0;
  for (auto& seed : seeds) {
    seed.second = next++;
  }
  return data.cell.size() == cells.size() * seeds.size();
}

CrossedComponents closed_form(const CrossedStrata& s) {
  const double e = s.ms_residual();
  return {.seed = (s.ms_seed() - s.ms_cell_seed() - s.ms_seed_case() + e) / (s.cells * s.cases),
          .case_ = (s.ms_case() - s.ms_cell_case() - s.ms_seed_case() + e) / (s.cells * s.seeds),
          .run = (s.ms_cell_seed() - e) / s.cases,
          .cell_case = (s.ms_cell_case() - e) / s.seeds,
          .seed_case = (s.ms_seed_case() - e) / s.cells,
          .residual = e};
}

bool all_positive(const CrossedComponents& c) {
  return c.seed >= 0 && c.case_ >= 0 && c.run >= 0 && c.cell_case >= 0 && c.seed_case >= 0 &&
         c.residual > 0;
}

AnovaRow line(const char* term, double df, double ss) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  return {term, df, ss, ss / df, kNaN, kNaN};
}

std::vector<AnovaRow> strata_lines(const CrossedStrata& s) {
  return {line("seed", s.seeds - 1, s.ss_seed),
          line("case", s.cases - 1, s.ss_case),
          line("cell:seed", s.df_cell_seed(), s.ss_cell_seed),
          line("cell:case", s.df_cell_case(), s.ss_cell_case),
          line("seed:case", (s.seeds - 1) * (s.cases - 1), s.ss_seed_case),
          line("residual", s.df_residual(), s.ss_residual),
          line("total", s.cells * s.seeds * s.cases - 1, s.total)};
}

/// Standard error of a variance linear in the components, with Satterthwaite's degrees of freedom.
Estimate satterthwaite(const Eigen::VectorXd& gradient, const RemlFit& fit) {
  const double variance = gradient.dot(fit.variances);
  Estimate result{.method = Method::Mixed};
  result.se = std::sqrt(variance);
  result.df = 2 * variance * variance / gradient.dot(fit.covariance * gradient);
  return result;
}

CrossedComponents components_of(const Eigen::VectorXd& found) {
  return {.seed = found(kSeed),
          .case_ = found(kCase),
          .run = found(kRun),
          .cell_case = found(kCellCase),
          .seed_case = found(kSeedCase),
          .residual = found(kResidual)};
}

}  // namespace

/// Either the strata of a complete table, or the REML fit of the rotated one.
struct CrossedModel::Solution {
  std::map<std::size_t, std::size_t> cells;  ///< Cell -> column of the fixed part.
  std::vector<double> means;                 ///< Per column.
  std::vector<std::size_t> counts;           ///< Runs per column.
  std::optional<CrossedStrata> strata;
  Eigen::MatrixXd weights;  ///< Columns x runs: cell means as functions of the rotated values.
  std::vector<RemlComponent> parts;  ///< Of the first block.
  RemlFit fit;
  /// New seeds with the cases fixed: the runs' means are all there is to know.
  std::optional<RandomBlockModel> run_means;

  [[nodiscard]] Estimate from_strata(double squared_length, Target target) const;
  [[nodiscard]] Estimate from_reml(const Eigen::VectorXd& contrast, Target target) const;
};

Estimate CrossedModel::Solution::from_strata(double squared_length, Target target) const {
  const double unit = squared_length / (strata->seeds * strata->cases);
  if (target == Target::Both && fit.variances.size() > 0) {
    Eigen::VectorXd gradient = Eigen::VectorXd::Zero(kParts);
    gradient(kRun) = unit * strata->cases;
    gradient(kCellCase) = unit * strata->seeds;
    gradient(kResidual) = unit;
    return satterthwaite(gradient, fit);
  }
  const double cs = strata->ms_cell_seed();
  const double ck = strata->ms_cell_case();
  const double e = strata->ms_residual();
  Estimate result{.method = Method::Mixed};
  if (target == Target::Seeds) {
    result.se = std::sqrt(unit * cs);
    result.df = strata->df_cell_seed();
  } else if (target == Target::Patients) {
    result.se = std::sqrt(unit * ck);
    result.df = strata->df_cell_case();
  } else {
    const double sum = cs + ck - e;
    result.se = std::sqrt(unit * sum);
    result.df = sum * sum /
                (cs * cs / strata->df_cell_seed() + ck * ck / strata->df_cell_case() +
                 e * e / strata->df_residual());
  }
  return result;
}

Estimate CrossedModel::Solution::from_reml(const Eigen::VectorXd& contrast, Target target) const {
  const Eigen::VectorXd combination = weights.transpose() * contrast;
  Eigen::VectorXd gradient = Eigen::VectorXd::Zero(kParts);
  for (int part = 0; part < kParts; ++part) {
    if (kVaries[static_cast<std::size_t>(target)][static_cast<std::size_t>(part)]) {
      gradient(part) = parts[static_cast<std::size_t>(part)].quadratic(combination);
    }
  }
  return satterthwaite(gradient, fit);
}

std::string to_string(Target target) {
  return target == Target::Seeds ? "seeds" : target == Target::Patients ? "patients" : "both";
}

std::optional<CrossedModel> CrossedModel::fit(const CrossedData& data) {
  std::map<std::size_t, std::size_t> cells;
  std::map<std::int64_t, std::size_t> seeds;
  const bool complete = is_complete(data, cells, seeds);
  if (cells.size() < 2 || seeds.size() < 2 || data.values.at(0).size() < 2) {
    return std::nullopt;
  }
  if (!complete) {
    return fit_by_reml(data);
  }
  std::vector<std::vector<std::vector<double>>> box(cells.size(),
                                                    std::vector<std::vector<double>>(seeds.size()));
  for (std::size_t run = 0; run < data.cell.size(); ++run) {
    box[cells[data.cell[run]]][seeds[data.seed[run]]] = data.values[run];
  }
  const CrossedStrata strata = crossed_strata(box);
  CrossedModel model;
  model.components_ = closed_form(strata);
  model.strata_ = strata_lines(strata);
  model.criterion_ = std::numeric_limits<double>::quiet_NaN();
  auto solution = std::make_shared<Solution>();
  solution->cells = cells;
  solution->strata = strata;
  if (!all_positive(model.components_)) {
    solution->fit = fit_strata(strata);
    model.components_ = components_of(solution->fit.variances);
  }
  for (const auto& plane : box) {
    std::vector<double> all;
    for (const auto& values : plane) {
      all.insert(all.end(), values.begin(), values.end());
    }
    solution->means.push_back(mean(all));
    solution->counts.push_back(plane.size());
  }
  model.solution_ = std::move(solution);
  return model;
}

std::optional<CrossedModel> CrossedModel::fit_by_reml(const CrossedData& data) {
  auto solution = std::make_shared<Solution>();
  std::map<std::int64_t, std::size_t> seeds;
  (void)is_complete(data, solution->cells, seeds);
  const auto cases = static_cast<Eigen::Index>(data.values[0].size());
  if (solution->cells.size() < 2 || seeds.size() < 2 || cases < 2 ||
      data.cell.size() < solution->cells.size() + seeds.size()) {
    return std::nullopt;
  }
  std::vector<double> all;
  for (const auto& run : data.values) {
    all.insert(all.end(), run.begin(), run.end());
  }
  const double center = mean(all);
  const Eigen::MatrixXd x = indicator(data.cell, solution->cells);
  const auto [first, second] =
      rotated_blocks(x, indicator(data.seed, seeds), values_of(data, center));
  const double spread = std::max(variance(all), 1e-12) / static_cast<double>(kParts);
  solution->fit = fit_reml({first, second}, Eigen::VectorXd::Constant(kParts, spread));
  solution->parts = first.components;
  const Eigen::LLT<Eigen::MatrixXd> factor(covariance_of(first, solution->fit.variances));
  const Eigen::MatrixXd vx = factor.solve(first.fixed);
  solution->weights = (first.fixed.transpose() * vx).inverse() * vx.transpose();
  const Eigen::VectorXd beta = solution->weights * first.values;
  for (Eigen::Index cell = 0; cell < beta.size(); ++cell) {
    solution->means.push_back(beta(cell) + center);
    solution->counts.push_back(static_cast<std::size_t>(x.col(cell).sum() + 0.5));
  }
  RunTable means{.cells = data.cells, .seeds_are_blocks = true, .runs = {}};
  for (std::size_t run = 0; run < data.values.size(); ++run) {
    means.runs.push_back({data.cell[run], data.seed[run], mean(data.values[run])});
  }
  solution->run_means = RandomBlockModel::fit(means);
  CrossedModel model;
  model.components_ = components_of(solution->fit.variances);
  model.criterion_ = solution->fit.criterion;
  model.solution_ = std::move(solution);
  return model;
}

std::optional<Estimate> CrossedModel::estimate(const Contrast& contrast, Target target) const {
  if (target == Target::Seeds && solution_->run_means) {
    return solution_->run_means->estimate(contrast);
  }
  Eigen::VectorXd weights =
      Eigen::VectorXd::Zero(static_cast<Eigen::Index>(solution_->means.size()));
  double value = 0;
  std::size_t n = std::numeric_limits<std::size_t>::max();
  for (std::size_t cell = 0; cell < contrast.weights.size(); ++cell) {
    if (contrast.weights[cell] == 0) {
      continue;
    }
    const auto column = solution_->cells.find(cell);
    if (column == solution_->cells.end()) {
      return std::nullopt;
    }
    weights(static_cast<Eigen::Index>(column->second)) = contrast.weights[cell];
    value += contrast.weights[cell] * solution_->means[column->second];
    n = std::min(n, solution_->counts[column->second]);
  }
  Estimate result = solution_->strata ? solution_->from_strata(contrast.squared_length(), target)
                                      : solution_->from_reml(weights, target);
  result.estimate = value;
  result.n = n;
  return result;
}

}  // namespace yates::study
