// SPDX-License-Identifier: Apache-2.0
// effects.csv and cells.csv: the tables of contrasts and of cells, tidy, in full precision.
#pragma once

#include <string>

#include "launcher/study/analysis.hpp"

namespace yates::report {

/// One row per contrast, metric, region, target and method. Missing numbers are empty fields.
std::string effects_csv(const study::Analysis& analysis);

/// One row per cell, metric and region; a column per factor.
std::string cells_csv(const study::Analysis& analysis);

}  // namespace yates::report
