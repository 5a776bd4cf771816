// SPDX-License-Identifier: Apache-2.0
// The primary response of each run of a table, for the standard deviation of a run.
#pragma once

#include <string>

#include "base/csv.hpp"
#include "launcher/cli/planned_study.hpp"
#include "launcher/study/run_sigma.hpp"
#include "launcher/study/study_spec.hpp"

namespace yates::cli {

/// "hd95" for "hd95_mm": columns of tables name regions, not units.
std::string plain_metric(const std::string& metric);

/// "hd95_tc": what the columns of a table of cells are named after.
std::string response_name(const study::PrimaryContrast& primary);

/// The primary response of each run, from results per case or from a table of cells. Throws
/// Error{BadData} naming the line: unknown levels, seeds or results that are no numbers, no column
/// or row of the response.
study::RunTable read_primary_response(const CsvTable& table, const PlannedStudy& planned);

}  // namespace yates::cli
