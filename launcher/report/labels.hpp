// SPDX-License-Identifier: Apache-2.0
// How numbers and names read in the report; shared by text and figures.
#pragma once

#include <string>

#include "launcher/study/analysis.hpp"

namespace yates::report {

/// "Dice mean (points)", "HD95 ET (mm)", or the column name of a table.
std::string response_label(const std::string& metric, const std::string& region);

/// The unit of an effect in this metric: "Dice points", "mm", or the column name of a table.
std::string effect_unit(const std::string& metric);

/// "relocate x prune | width=32".
std::string contrast_label(const study::Design& design,
                           const std::string& name,
                           const study::Levels& at);

/// Rounded with a sign, a dash if it does not exist: "+2.92".
std::string signed_number(double value, int decimals = 2);

/// Rounded, a dash if it does not exist.
std::string plain_number(double value, int decimals = 2);

/// "0.013", "< 0.001", or a dash.
std::string p_text(double p);

/// "[-0.51, +6.35]", or a dash.
std::string interval_text(const study::Interval& interval, int decimals = 2);

/// "per-seed t", "blocked by seed", ...
std::string method_label(study::Method method);

}  // namespace yates::report
