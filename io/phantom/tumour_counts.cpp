// SPDX-License-Identifier: Apache-2.0
#include "io/phantom/tumour_counts.hpp"

#include <algorithm>
#include <cmath>

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

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

double weibull_cdf(double x) {
  return 1 - std::exp(-std::pow(x / kWeibullScale, kWeibullShape));
}

double draw_percent(RandomStream& random) {
  const double u = random.uniform(weibull_cdf(kLeastPct), weibull_cdf(kMostPct));
  return kWeibullScale * std::pow(-std::log(1 - u), 1 / kWeibullShape);
}

std::int64_t share_of(double share, std::int64_t total) {
  return std::llround(share * static_cast<double>(total));
}

}  // namespace

TumourCounts draw_tumour_counts(const PhantomOptions& options,
                                std::uint64_t index,
                                std::int64_t box_voxels) {
  RandomStream random(options.seed, "phantom.counts", index);
  const double percent = draw_percent(random);
  const double l = std::log(percent / kMedianPct);
  const double z1 = random.normal();
  const double z2 = random.normal();
  double edema_share = sigmoid(0.626 + 0.768 * z1 - 0.115 * l);
  double necrotic_share = sigmoid(-0.843 + 1.029 * (-0.214 * z1 + 0.977 * z2) + 0.867 * l);
  const double rare = random.uniform() * kCases;
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
