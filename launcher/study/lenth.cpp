// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/lenth.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/random.hpp"
#include "launcher/study/distributions.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

struct TableRow {
  std::size_t effects;
  double alpha;
  LenthCriticals criticals;
};

// The values published with the R package DoE.base, 10^6 simulations.
constexpr TableRow kTable[] = {{7, .05, {2.2983, 4.8735}},
                               {11, .05, {2.2105, 4.4392}},
                               {15, .05, {2.1568, 4.2309}},
                               {31, .05, {2.0652, 3.9238}},
                               {63, .05, {2.0147, 3.8099}},
                               {7, .10, {1.7105, 3.6854}},
                               {15, .10, {1.7017, 3.5047}},
                               {31, .10, {1.6807, 3.4527}}};

constexpr std::size_t kDraws = 100000;

/// Upper quantile: the smallest value that at most a share alpha of all exceed.
double upper_quantile(std::vector<double>& values, double alpha) {
  const auto rank =
      static_cast<std::size_t>(std::ceil((1 - alpha) * static_cast<double>(values.size())));
  const auto place =
      values.begin() + static_cast<std::ptrdiff_t>(std::min(rank, values.size()) - 1);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

LenthCriticals simulate(std::size_t effects, double alpha) {
  const std::size_t draws = std::max<std::size_t>(2000, std::min(kDraws, 4000000 / effects));
  std::vector<double> sizes;
  std::vector<double> largest;
  std::vector<double> sample(effects);
  for (std::size_t draw = 0; draw < draws; ++draw) {
    RandomStream stream(0, "lenth", draw);
    for (double& value : sample) {
      value = stream.normal();
    }
    double s0 = 0;
    const double pse = pseudo_standard_error(sample, s0);
    double most = 0;
    for (const double value : sample) {
      sizes.push_back(std::abs(value) / pse);
      most = std::max(most, sizes.back());
    }
    largest.push_back(most);
  }
  return {upper_quantile(sizes, alpha), upper_quantile(largest, alpha)};
}

}  // namespace

LenthCriticals lenth_t_criticals(std::size_t effects, double alpha) {
  const auto m = static_cast<double>(effects);
  const double gamma = (1 + std::pow(1 - alpha, 1 / m)) / 2;
  return {t_quantile(1 - alpha / 2, m / 3), t_quantile(gamma, m / 3)};
}

LenthCriticals lenth_simulated_criticals(std::size_t effects, double alpha) {
  for (const TableRow& row : kTable) {
    if (row.effects == effects && row.alpha == alpha) {
      return row.criticals;
    }
  }
  return simulate(effects, alpha);
}

double pseudo_standard_error(std::span<const double> effects, double& s0) {
  std::vector<double> sizes;
  for (const double effect : effects) {
    sizes.push_back(std::abs(effect));
  }
  s0 = 1.5 * median(sizes);
  const double limit = 2.5 * s0;
  std::vector<double> kept;
  std::copy_if(sizes.begin(), sizes.end(), std::back_inserter(kept), [&](double size) {
    return size < limit;
  });
  return kept.empty() ? s0 : 1.5 * median(kept);
}

LenthResult lenth(std::span<const double> effects, double alpha) {
  YATES_ASSERT(effects.size() >= 3, "{} effects", effects.size());
  LenthResult result;
  result.pse = pseudo_standard_error(effects, result.s0);
  result.df = static_cast<double>(effects.size()) / 3;
  const LenthCriticals t = lenth_t_criticals(effects.size(), alpha);
  const LenthCriticals simulated = lenth_simulated_criticals(effects.size(), alpha);
  result.me = t.me * result.pse;
  result.sme = t.sme * result.pse;
  result.me_simulated = simulated.me * result.pse;
  result.sme_simulated = simulated.sme * result.pse;
  return result;
}

}  // namespace yates::study
