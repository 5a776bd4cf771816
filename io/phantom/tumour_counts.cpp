// SPDX-License-Identifier: Apache-2.0
#include "io/phantom/tumour_counts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/random.hpp"

namespace yates::io {
namespace {

// Share of the whole tumour in the cropped box, in percent.
constexpr double kWeibullShape = 1.69;
constexpr double kWeibullScale = 3.33;
constexpr double kLeastPct = 0.085;
constexpr double kMostPct = 10.4;
constexpr double kMedianPct = 2.75;
constexpr double kCases = 1251;

// The easy set: every part of the tumour is there and large. Shares as logits.
constexpr double kEasyLeastPct = 16;
constexpr double kEasyMostPct = 26;
constexpr double kEasyEdema = -0.4;
constexpr double kEasyNecrotic = -0.32;
constexpr double kEasySpread = 0.12;

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

double weibull_cdf(double x) {
  return 1 - std::exp(-std::pow(x / kWeibullScale, kWeibullShape));
}

/// How far a set is from the calibrated one towards the easy one: 1 at difficulty 0, 0 from 0.5 on.
double ease_of(double difficulty) {
  return std::max(0.0, 1 - 2 * difficulty);
}

/// `calibrated` at ease 0, `easy` at ease 1.
double blend(double calibrated, double easy, double ease) {
  return (1 - ease) * calibrated + ease * easy;
}

/// Point `index` of a sequence that fills the unit cube evenly, shifted at random by the seed: each
/// point is uniform, and the cases of a set together follow their distribution closer than
/// independent draws would. Additive recurrence on powers of the root of x^5 = x + 1 (Roberts
/// 2018).
std::array<double, 4> even_point(std::uint64_t seed, std::uint64_t index) {
  constexpr double kRoot = 1.1673039782614187;
  RandomStream shift(seed, "phantom.counts");
  std::array<double, 4> point{};
  double step = 1;
  for (double& coordinate : point) {
    step /= kRoot;
    const double at = shift.uniform() + static_cast<double>(index) * step;
    coordinate = at - std::floor(at);
  }
  return point;
}

double percent_of(double u, double ease) {
  const double least = weibull_cdf(kLeastPct);
  const double most = weibull_cdf(kMostPct);
  const double calibrated =
      kWeibullScale * std::pow(-std::log(1 - (least + u * (most - least))), 1 / kWeibullShape);
  const double easy = kEasyLeastPct + (kEasyMostPct - kEasyLeastPct) * u;
  return std::pow(calibrated, 1 - ease) * std::pow(easy, ease);
}

std::int64_t share_of(double share, std::int64_t total) {
  return std::llround(share * static_cast<double>(total));
}

}  // namespace

TumourCounts draw_tumour_counts(const PhantomOptions& options,
                                std::uint64_t index,
                                std::int64_t box_voxels) {
  const std::array<double, 4> point = even_point(options.seed, index);
  const double ease = ease_of(options.difficulty);
  const double percent = percent_of(point[0], ease);
  const double l = std::log(percent / kMedianPct);
  const double radius = std::sqrt(-2 * std::log(1 - point[1]));
  const double z1 = radius * std::cos(2 * std::numbers::pi * point[2]);
  const double z2 = radius * std::sin(2 * std::numbers::pi * point[2]);
  const double edema = 0.626 + 0.768 * z1 - 0.115 * l;
  const double necrotic = -0.843 + 1.029 * (-0.214 * z1 + 0.977 * z2) + 0.867 * l;
  double edema_share = sigmoid(blend(edema, kEasyEdema + kEasySpread * z1, ease));
  double necrotic_share = sigmoid(blend(necrotic, kEasyNecrotic + kEasySpread * z2, ease));
  const double rare = ease < 1 ? point[3] * kCases / (1 - ease) : kCases;
  if (rare < 43) {
    necrotic_share = 0;
  } else if (rare < 43 + 33) {
    necrotic_share = 1;
  } else if (rare < 43 + 33 + 1) {
    edema_share = 0;
  }
  TumourCounts counts{};
  counts.whole = std::max<std::int64_t>(1, share_of(percent / 100, box_voxels));
  counts.core = counts.whole - share_of(edema_share, counts.whole);
  counts.ncr = share_of(necrotic_share, counts.core);
  return counts;
}

}  // namespace yates::io
