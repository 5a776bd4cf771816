// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/axis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace yates::report {
namespace {

constexpr double kMargin = 0.06;

/// 1, 2 or 5 times a power of ten, at least `least`.
double round_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double digit : {1.0, 2.0, 5.0}) {
    if (digit * power >= least * (1 - 1e-12)) {
      return digit * power;
    }
  }
  return 10 * power;
}

}  // namespace

std::string Axis::label(double tick) const {
  const std::string text = fmt::format("{:.{}f}", tick, decimals);
  return text.find_first_of("123456789") == std::string::npos && text[0] == '-' ? text.substr(1)
                                                                                : text;
}

Axis make_axis(const std::vector<double>& values, double from, double to, int count) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double value : values) {
    if (std::isfinite(value)) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  if (low > high) {
    low = 0;
    high = 1;
  }
  if (high - low <= 1e-12 * std::max(1.0, std::abs(high))) {
    const double room = std::max(1e-3, 0.05 * std::abs(high));
    low -= room;
    high += room;
  }
  const double margin = kMargin * (high - low);
  Axis axis{.low = low - margin,
            .high = high + margin,
            .from = from,
            .to = to,
            .ticks = {},
            .decimals = 0};
  const double step = round_step((axis.high - axis.low) / count);
  axis.decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  for (double i = std::ceil(axis.low / step); i * step <= axis.high; ++i) {
    axis.ticks.push_back(i * step);
  }
  return axis;
}

}  // namespace yates::report
