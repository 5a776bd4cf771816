// SPDX-License-Identifier: Apache-2.0
// Histograms of what a data set is like, side by side.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace yates::report {

/// One panel.
struct Histogram {
  std::string title;  ///< With unit.
  std::vector<double> values;
  /// P25, P50, P75 of another source, drawn as lines over the bars.
  std::optional<std::vector<double>> reference;
};

/// An SVG of all panels, two in a row; bars are shares of the cases. `reference_name` names the
/// other source in the legend. Without values a panel says so.
std::string histograms_svg(const std::string& title,
                           const std::vector<Histogram>& panels,
                           const std::string& reference_name);

}  // namespace yates::report
