// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/multiplicity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace yates::study {
namespace {

/// Indices of the tests, ascending by p; equal p keep their order.
std::vector<std::size_t> ascending(std::span<const double> p) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (!std::isnan(p[i])) {
      order.push_back(i);
    }
  }
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return p[a] < p[b]; });
  return order;
}

std::vector<double> none(std::span<const double> p) {
  return std::vector<double>(p.size(), std::numeric_limits<double>::quiet_NaN());
}

/// Adjusts from the largest p down, with factor(rank), ranks from 1, and keeps the running minimum.
template <typename Factor>
std::vector<double> step_up(std::span<const double> p, Factor factor) {
  const std::vector<std::size_t> order = ascending(p);
  std::vector<double> adjusted = none(p);
  double smallest = 1;
  for (std::size_t rank = order.size(); rank > 0; --rank) {
    const std::size_t i = order[rank - 1];
    smallest = std::min(
        smallest, p[i] * factor(static_cast<double>(rank), static_cast<double>(order.size())));
    adjusted[i] = smallest;
  }
  return adjusted;
}

}  // namespace

std::vector<double> holm(std::span<const double> p) {
  const std::vector<std::size_t> order = ascending(p);
  std::vector<double> adjusted = none(p);
  double largest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const auto left = static_cast<double>(order.size() - rank);
    largest = std::max(largest, std::min(1.0, p[order[rank]] * left));
    adjusted[order[rank]] = largest;
  }
  return adjusted;
}

std::vector<double> hochberg(std::span<const double> p) {
  return step_up(p, [](double rank, double count) { return count - rank + 1; });
}

std::vector<double> benjamini_hochberg(std::span<const double> p) {
  return step_up(p, [](double rank, double count) { return count / rank; });
}

std::vector<double> benjamini_yekutieli(std::span<const double> p) {
  return step_up(p, [](double rank, double count) {
    double harmonic = 0;
    for (double i = 1; i <= count; ++i) {
      harmonic += 1 / i;
    }
    return count * harmonic / rank;
  });
}

}  // namespace yates::study
