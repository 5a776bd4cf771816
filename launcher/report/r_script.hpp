// SPDX-License-Identifier: Apache-2.0
// The same analysis in R, for readers who trust it more: lm, aov, car, lme4 with lmerTest.
#pragma once

#include <filesystem>
#include <string>

#include "launcher/study/analysis.hpp"

namespace yates::report {

/// The values behind the analysis, tidy: a column per factor, then cell, seed, case (empty where
/// only values of runs are known), metric, region, value in the unit of the report.
std::string r_data(const study::Analysis& analysis);

/// An R script that reads `data_file` beside itself and prints the rows of effects.csv (estimate,
/// SE, df, p of every method and target), the analyses of variance of types I, II and III and the
/// variance components, each computed by R alone. Packages car, lme4 and lmerTest are used where
/// they are installed. Contrasts of primary interest first.
std::string r_script(const study::Analysis& analysis, const std::string& data_file);

/// Publishes both: `path` and the data beside it with the ending .csv. Throws Error{Io}.
void write_r_script(const std::filesystem::path& path, const study::Analysis& analysis);

}  // namespace yates::report
