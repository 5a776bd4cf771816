// SPDX-License-Identifier: Apache-2.0
// Reads the results of a study: one row per run, case and region.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/csv.hpp"
#include "launcher/study/study_data.hpp"
#include "launcher/study/study_spec.hpp"

namespace yates::study {

struct ResultsOptions {
  std::optional<StudySpec> study =
      {};  ///< Gives factors, level order, convention; else the table does.
  std::vector<std::string> factors =
      {};  ///< Without a study: their columns and order; else all the rest.
  std::vector<Factor> levels = {};  ///< Without a study: fixed orders of levels, first = low.
  std::string convention = {};  ///< Rows of this metric convention; empty: the study's or only one.
};

/// Reads the table: columns of factors, then seed, case, region, dice, hd95_mm, optionally status
/// and convention. Dice fractions become points. The region "mean" is the mean of WT, TC and ET of
/// each case, unless the table has it. Runs with the status failed count as not run; diverged and
/// collapsed ones are results. A case without a finite value in some run is left out of that metric
/// and region for all runs, with a warning. The result does not depend on the order of the rows.
/// Throws Error{BadData} naming the line: unknown levels, regions or states, text for a number, a
/// value twice, Dice outside [0, 1]; Error{Incomplete} when runs were scored on different cases.
StudyData read_results(const CsvTable& table, const ResultsOptions& options);

}  // namespace yates::study
