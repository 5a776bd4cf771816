// SPDX-License-Identifier: Apache-2.0
// What yates analyze reads: a published table, or the results of a study.
#pragma once

#include <filesystem>
#include <vector>

#include "launcher/cli/analyze_arguments.hpp"
#include "launcher/report/provenance.hpp"
#include "launcher/study/analysis.hpp"
#include "launcher/study/study_data.hpp"

namespace yates::cli {

/// Reads --table; its noise goes to `options`, the files read to `provenance`. Throws as
/// read_cell_table does, and Error{Usage} without factors or responses.
study::StudyData read_table(const AnalyzeArguments& arguments,
                            study::AnalysisOptions& options,
                            report::Provenance& provenance);

/// Reads --results or --runs, with the design and analysis of --study; `others` gets the same runs
/// under the other conventions of the table. Throws as read_results and apply_registration do.
study::StudyData read_study(const AnalyzeArguments& arguments,
                            study::AnalysisOptions& options,
                            report::Provenance& provenance,
                            std::vector<study::StudyData>& others);

}  // namespace yates::cli
