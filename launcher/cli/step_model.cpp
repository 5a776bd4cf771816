// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/step_model.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "base/error.hpp"

namespace yates::cli {
namespace {

constexpr std::size_t kTerms = 4;
using Terms = std::array<double, kTerms>;

/// Solves the n x n system in place by elimination with pivots; nothing if it is singular.
std::optional<std::vector<double>> solve(std::vector<std::vector<double>> a,
                                         std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column + 1; row < n; ++row) {
      pivot = std::abs(a[row][column]) > std::abs(a[pivot][column]) ? row : pivot;
    }
    if (std::abs(a[pivot][column]) < 1e-12) {
      return std::nullopt;
    }
    std::swap(a[column], a[pivot]);
    std::swap(b[column], b[pivot]);
    for (std::size_t row = 0; row < n; ++row) {
      if (row == column) {
        continue;
      }
      const double factor = a[row][column] / a[column][column];
      for (std::size_t k = column; k < n; ++k) {
        a[row][k] -= factor * a[column][k];
      }
      b[row] -= factor * b[column];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    b[i] /= a[i][i];
  }
  return b;
}

/// Rows of relative errors, columns scaled to length 1: the parameters differ by many powers of
/// ten.
struct Equations {
  std::vector<Terms> rows;
  Terms scale{};

  Equations(const std::vector<MeasuredStep>& points, bool in_tree) {
    for (const MeasuredStep& point : points) {
      Terms terms = terms_of(point.shape, in_tree);
      for (std::size_t i = 0; i < kTerms; ++i) {
        terms[i] /= point.seconds;
        scale[i] += terms[i] * terms[i];
      }
      rows.push_back(terms);
    }
    for (double& length : scale) {
      length = length > 0 ? std::sqrt(length) : 1;
    }
    for (Terms& row : rows) {
      for (std::size_t i = 0; i < kTerms; ++i) {
        row[i] /= scale[i];
      }
    }
  }

  /// Least squares with only the terms of the bits of `subset`.
  [[nodiscard]] std::optional<Terms> fit(unsigned subset) const {
    std::vector<std::size_t> used;
    for (std::size_t i = 0; i < kTerms; ++i) {
      if ((subset >> i & 1U) != 0) {
        used.push_back(i);
      }
    }
    std::vector<std::vector<double>> normal(used.size(), std::vector<double>(used.size()));
    std::vector<double> right(used.size());
    for (const Terms& row : rows) {
      for (std::size_t i = 0; i < used.size(); ++i) {
        right[i] += row[used[i]];
        for (std::size_t k = 0; k < used.size(); ++k) {
          normal[i][k] += row[used[i]] * row[used[k]];
        }
      }
    }
    const auto solution = solve(normal, right);
    if (!solution) {
      return std::nullopt;
    }
    Terms parameters{};
    for (std::size_t i = 0; i < used.size(); ++i) {
      parameters[used[i]] = (*solution)[i];
    }
    return parameters;
  }

  [[nodiscard]] double squared_error(const Terms& parameters) const {
    double sum = 0;
    for (const Terms& row : rows) {
      const double error =
          std::inner_product(row.begin(), row.end(), parameters.begin(), 0.0) - 1.0;
      sum += error * error;
    }
    return sum;
  }
};

}  // namespace

std::array<double, 4> terms_of(const StepShape& shape, bool in_tree) {
  Terms terms{};
  if (!shape.is_reduction) {
    terms[0] = 1;
    terms[1] = shape.samples * shape.load;
  }
  if (shape.ranks > 1) {
    const auto ranks = static_cast<unsigned>(shape.ranks);
    const int levels = std::bit_width(ranks - 1);
    const double messages = in_tree && std::has_single_bit(ranks) ? levels : 2 * levels;
    const double n = static_cast<double>(shape.ranks);
    terms[2] = shape.load * shape.buckets * messages;
    terms[3] = shape.load * shape.bytes * (in_tree ? messages : 2 * (n - 1) / n);
  }
  return terms;
}

double StepModel::seconds(const StepShape& shape) const {
  const Terms terms = terms_of(shape, in_tree);
  return terms[0] * overhead_s + terms[1] * sample_s + terms[2] * latency_s + terms[3] * s_per_byte;
}

StepModel fit_step_model(const std::vector<MeasuredStep>& points, bool in_tree) {
  const Equations equations(points, in_tree);
  constexpr unsigned kAll = (1U << kTerms) - 1;
  if (!equations.fit(kAll)) {
    throw Error(ExitCode::Usage,
                Problem{.what = "the measured points cannot tell the model's parameters apart",
                        .where = "fit, per_rank",
                        .allowed = "at least two numbers of samples per rank, and a number of "
                                   "ranks above 1 among those fitted",
                        .fix = "ranks=1,2,4 fit=1,2 per_rank=1,2"});
  }
  // With four parameters every set of those above zero can be tried.
  Terms best{};
  double least = std::numeric_limits<double>::infinity();
  for (unsigned subset = 1; subset <= kAll; ++subset) {
    const std::optional<Terms> found = equations.fit(subset);
    const bool allowed =
        found && std::all_of(found->begin(), found->end(), [](double p) { return p >= 0; });
    if (allowed && equations.squared_error(*found) < least) {
      least = equations.squared_error(*found);
      best = *found;
    }
  }
  return {.overhead_s = best[0] / equations.scale[0],
          .sample_s = best[1] / equations.scale[1],
          .latency_s = best[2] / equations.scale[2],
          .s_per_byte = best[3] / equations.scale[3],
          .in_tree = in_tree};
}

std::vector<double> errors_pct(const StepModel& model, const std::vector<MeasuredStep>& points) {
  std::vector<double> errors;
  std::transform(points.begin(), points.end(), std::back_inserter(errors), [&](const auto& point) {
    return 100 * std::abs(model.seconds(point.shape) / point.seconds - 1);
  });
  return errors;
}

}  // namespace yates::cli
