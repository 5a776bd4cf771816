// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/column_bootstrap.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <string_view>
#include <thread>

#include <Eigen/Dense>

#include "base/random.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

using Matrix = Eigen::MatrixXd;

/// Draws whose counts lie in the cache together; fixed, because it shapes the products.
constexpr std::size_t kChunk = 250;

/// Runs task(i) for i < count on two threads.
void for_each_of(std::size_t count, const std::function<void(std::size_t)>& task) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      task(i);
    }
  };
  std::thread other(work);
  work();
  other.join();
}

/// How often each unit is drawn: draws x units, rows `first` to `first + count`.
Matrix draw_counts(std::size_t units,
                   std::size_t first,
                   std::size_t count,
                   std::uint64_t seed,
                   std::string_view stream_name) {
  Matrix counts = Matrix::Zero(static_cast<Eigen::Index>(count), static_cast<Eigen::Index>(units));
  for (std::size_t draw = 0; draw < count; ++draw) {
    RandomStream stream(seed, stream_name, first + draw);
    for (std::size_t i = 0; i < units; ++i) {
      counts(static_cast<Eigen::Index>(draw), static_cast<Eigen::Index>(stream.below(units))) += 1;
    }
  }
  return counts;
}

/// Deviations of column `c` from its mean, so that resampled means keep their digits.
Matrix centered(const std::vector<std::vector<double>>& columns, std::vector<double>& means) {
  Matrix values(static_cast<Eigen::Index>(columns[0].size()),
                static_cast<Eigen::Index>(columns.size()));
  for (std::size_t c = 0; c < columns.size(); ++c) {
    means.push_back(mean(columns[c]));
    for (std::size_t i = 0; i < columns[c].size(); ++i) {
      values(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(c)) =
          columns[c][i] - means.back();
    }
  }
  return values;
}

std::vector<double> sorted_column(const Matrix& draws, std::size_t column) {
  const auto c = static_cast<Eigen::Index>(column);
  std::vector<double> sorted(draws.col(c).begin(), draws.col(c).end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace

std::vector<BootstrapResult> bootstrap_means(const std::vector<std::vector<double>>& columns,
                                             const BootstrapOptions& options) {
  if (columns.empty()) {
    return {};
  }
  const std::size_t units = columns[0].size();
  check_units(units);
  std::vector<double> means;
  const Matrix values = centered(columns, means);
  Matrix draws(static_cast<Eigen::Index>(options.draws), values.cols());
  const std::size_t chunks = (options.draws + kChunk - 1) / kChunk;
  for_each_of(chunks, [&](std::size_t chunk) {
    const std::size_t first = chunk * kChunk;
    const std::size_t count = std::min(kChunk, options.draws - first);
    const Matrix counts = draw_counts(units, first, count, options.seed, "bootstrap");
    draws.middleRows(static_cast<Eigen::Index>(first), static_cast<Eigen::Index>(count)) =
        counts * values / static_cast<double>(units);
  });
  std::vector<BootstrapResult> results(columns.size());
  for_each_of(columns.size(), [&](std::size_t c) {
    results[c] =
        summarize_draws(sorted_column(draws, c), 0, mean_acceleration(columns[c]), options);
    shift(results[c], means[c]);
  });
  return results;
}

std::vector<BootstrapResult> bootstrap_crossed_means(
    const std::vector<std::vector<std::vector<double>>>& columns, const BootstrapOptions& options) {
  if (columns.empty()) {
    return {};
  }
  const std::size_t seeds = columns[0].size();
  const std::size_t cases = columns[0][0].size();
  check_units(seeds);
  check_units(cases);
  std::vector<double> means(columns.size(), 0);
  std::vector<Matrix> values;
  for (std::size_t s = 0; s < seeds; ++s) {
    std::vector<std::vector<double>> of_seed;
    for (const auto& column : columns) {
      of_seed.push_back(column[s]);
    }
    std::vector<double> seed_means;
    values.push_back(centered(of_seed, seed_means));
    values.back().rowwise() += Eigen::Map<const Eigen::RowVectorXd>(
        seed_means.data(), static_cast<Eigen::Index>(seed_means.size()));
    for (std::size_t c = 0; c < columns.size(); ++c) {
      means[c] += seed_means[c] / static_cast<double>(seeds);
    }
  }
  Matrix draws(static_cast<Eigen::Index>(options.draws), static_cast<Eigen::Index>(columns.size()));
  const std::size_t chunks = (options.draws + kChunk - 1) / kChunk;
  for_each_of(chunks, [&](std::size_t chunk) {
    const std::size_t first = chunk * kChunk;
    const std::size_t count = std::min(kChunk, options.draws - first);
    const Matrix of_cases = draw_counts(cases, first, count, options.seed, "bootstrap");
    const Matrix of_seeds = draw_counts(seeds, first, count, options.seed, "bootstrap-seeds");
    Matrix sum = Matrix::Zero(static_cast<Eigen::Index>(count), draws.cols());
    for (std::size_t s = 0; s < seeds; ++s) {
      const Matrix part = of_cases * values[s];
      sum.array() += part.array().colwise() * of_seeds.col(static_cast<Eigen::Index>(s)).array();
    }
    draws.middleRows(static_cast<Eigen::Index>(first), static_cast<Eigen::Index>(count)) =
        sum / static_cast<double>(seeds * cases);
  });
  std::vector<BootstrapResult> results(columns.size());
  for_each_of(columns.size(), [&](std::size_t c) {
    results[c] = summarize_draws(sorted_column(draws, c), means[c], kNoAcceleration, options);
  });
  return results;
}

}  // namespace yates::study
