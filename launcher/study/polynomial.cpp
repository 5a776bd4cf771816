// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/polynomial.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace yates::study {
namespace {

constexpr double kTolerance = 1e-9;
constexpr int kLargestMultiplier = 64;

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += a[i] * b[i];
  }
  return sum;
}

void scale(std::vector<double>& weights, double factor) {
  for (double& weight : weights) {
    weight *= factor;
  }
}

bool whole(const std::vector<double>& weights, double factor) {
  return std::all_of(weights.begin(), weights.end(), [&](double weight) {
    return std::abs(weight * factor - std::round(weight * factor)) < kTolerance * factor;
  });
}

void to_smallest_whole_numbers(std::vector<double>& weights) {
  double largest = 0;
  for (const double weight : weights) {
    largest = std::max(largest, std::abs(weight));
  }
  double smallest = std::numeric_limits<double>::infinity();
  for (double& weight : weights) {
    weight = std::abs(weight) < kTolerance * largest ? 0 : weight;
    smallest = weight == 0 ? smallest : std::min(smallest, std::abs(weight));
  }
  scale(weights, 1 / smallest);
  for (int factor = 1; factor <= kLargestMultiplier; ++factor) {
    if (whole(weights, factor)) {
      for (double& weight : weights) {
        weight = std::round(weight * factor) + 0.0;
      }
      return;
    }
  }
}

}  // namespace

std::vector<std::vector<double>> orthogonal_polynomials(std::span<const double> scores) {
  const std::size_t n = scores.size();
  const auto [low, high] = std::minmax_element(scores.begin(), scores.end());
  const double center = (*low + *high) / 2;
  const double half_range = (*high - *low) / 2;
  std::vector<std::vector<double>> basis = {std::vector<double>(n, 1.0)};
  for (std::size_t degree = 1; degree < n; ++degree) {
    std::vector<double> next(n);
    for (std::size_t i = 0; i < n; ++i) {
      next[i] = basis.back()[i] * (scores[i] - center) / half_range;
    }
    // Twice is enough: the second pass removes what rounding left of the earlier polynomials.
    for (int pass = 0; pass < 2; ++pass) {
      for (const auto& earlier : basis) {
        const double share = dot(next, earlier) / dot(earlier, earlier);
        for (std::size_t i = 0; i < n; ++i) {
          next[i] -= share * earlier[i];
        }
      }
    }
    scale(next, 1 / std::sqrt(dot(next, next)));
    basis.push_back(std::move(next));
  }
  basis.erase(basis.begin());
  std::for_each(basis.begin(), basis.end(), to_smallest_whole_numbers);
  return basis;
}

}  // namespace yates::study
