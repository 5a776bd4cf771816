// SPDX-License-Identifier: Apache-2.0
// The results of a campaign as one table, the input of the analysis.
#pragma once

#include <filesystem>
#include <string>

#include "base/csv.hpp"
#include "launcher/campaign/plan.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

/// The results table of `study` and what it leaves out.
struct CampaignResults {
  CsvTable table;             ///< Factors, seed, case, region, dice, hd95_mm, status, convention.
  std::int64_t missing = 0;   ///< Runs that are neither done nor diverged.
  std::int64_t diverged = 0;  ///< Runs scored as if they had predicted nothing.
  std::int64_t open = 0;      ///< Missing runs that may still come: not failed for good.
};

/// Collects the cases.csv of all finished runs under `runs`: the folder of the campaign or its
/// runs/ folder. A diverged run has no predictions; it counts as one that finds nothing, because
/// leaving it out would flatter its arm: Dice 0, and the convention's distance for an empty
/// prediction. Throws Error{BadData} naming the run for an unreadable table, Error{Incomplete} if
/// no run of the study is done.
CampaignResults collect_results(const config::StudyFile& study,
                                const Plan& plan,
                                const std::filesystem::path& runs);

/// The table as CSV text with a header; fields with commas, quotes or line ends are quoted.
std::string csv_text(const CsvTable& table);

}  // namespace yates::campaign
