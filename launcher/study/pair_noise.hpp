// SPDX-License-Identifier: Apache-2.0
// The noise between runs, from pairs of runs of the same cells.
#pragma once

#include <string>

#include "base/csv.hpp"

namespace yates::study {

/// The standard deviation of a run, from pairs of runs of the same cells.
struct PairNoise {
  double sd = 0;  ///< sqrt(sum d^2 / 2m).
  double df = 0;  ///< m, the number of pairs.
};

/// Reads the two columns whose names end with "_" + response, e.g. primary_dice_mean and
/// alt_dice_mean. Throws Error{BadData} if there are not exactly two, or no row.
PairNoise read_pair_noise(const CsvTable& table, const std::string& response);

}  // namespace yates::study
