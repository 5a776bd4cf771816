// SPDX-License-Identifier: Apache-2.0
// A numeric axis: round ticks over a range, and the map from values to pixels.
#pragma once

#include <string>
#include <vector>

namespace yates::report {

/// A linear map from [low, high] in data to [from, to] in pixels.
struct Axis {
  double low = 0;
  double high = 1;
  double from = 0;
  double to = 1;
  std::vector<double> ticks;
  int decimals = 0;  ///< Digits after the point that tell the ticks apart.

  [[nodiscard]] double at(double value) const {
    return from + (value - low) / (high - low) * (to - from);
  }
  /// A tick as text.
  [[nodiscard]] std::string label(double tick) const;
};

/// An axis over all finite `values` with a margin, ticks at 1, 2 or 5 times a power of ten (about
/// `count`). One value or none gives a range around it.
Axis make_axis(const std::vector<double>& values, double from, double to, int count = 5);

}  // namespace yates::report
