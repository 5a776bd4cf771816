// SPDX-License-Identifier: Apache-2.0
// The results of a study in memory: its design, and for every metric and region one value per run,
// with the values per case behind it where they are known.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "launcher/study/design.hpp"
#include "launcher/study/t_inference.hpp"

namespace yates::study {

/// One training that has results. Runs are ordered by cell, then by seed.
struct RunRecord {
  std::size_t cell = 0;
  std::int64_t seed = 0;
  std::string status = "ok";  ///< ok, diverged, collapsed
};

/// One metric in one region, for all runs.
struct Response {
  std::string metric;  ///< dice, hd95_mm, or the column of a table.
  std::string region;  ///< WT, TC, ET, mean; empty where there is none.
  bool higher_is_better = true;
  std::vector<double> run_values = {};                ///< One per run. Dice in points, HD95 in mm.
  std::vector<std::vector<double>> case_values = {};  ///< [run][case], or empty.
  /// Of distances, per run: the share of cases above 20 mm or undefined; these count although they
  /// are left out of `case_values`. Empty for other metrics.
  std::vector<double> failed_share = {};
};

struct StudyData {
  Design design;  ///< Cells without a run are marked as not run.
  bool seeds_are_blocks = true;
  std::vector<RunRecord> runs = {};
  std::vector<std::string> cases = {};  ///< Ascending; empty for tables of cells.
  std::vector<Response> responses = {};
  std::string convention = {};             ///< Empty if the table does not say.
  std::vector<std::string> warnings = {};  ///< What a reader of the results must know.

  /// The runs with their values of one response.
  [[nodiscard]] RunTable table(const Response& response) const;
  /// "relocate=-, prune=+, seed 3".
  [[nodiscard]] std::string run_name(std::size_t run) const;
};

/// Whether more is better, from a metric's name: distances (hd95, assd, *_mm), losses, errors and
/// times are better small.
bool higher_is_better(const std::string& metric);

/// The region that a column name ends with ("dice_et" -> "ET", "hd95_mean" -> "mean"), or "".
std::string region_of_column(const std::string& column);

/// Levels of a column in the order of the contract: numeric ascending, else as they first appear.
std::vector<std::string> ordered_levels(const std::vector<std::string>& texts);

}  // namespace yates::study
