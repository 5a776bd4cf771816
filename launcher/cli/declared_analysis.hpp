// SPDX-License-Identifier: Apache-2.0
// Holds an analysis against what the study declared before its data.
#pragma once

#include "launcher/cli/analyze_arguments.hpp"
#include "launcher/config/study_file.hpp"
#include "launcher/report/provenance.hpp"
#include "launcher/study/analysis.hpp"

namespace yates::cli {

/// The registered analysis is the one that may be done; anything else is said on the first page.
/// Throws Error{BadConfig} if the file declares another one, unless --exploratory.
void apply_registration(const AnalyzeArguments& arguments,
                        const config::StudyFile& file,
                        report::Provenance& provenance);

/// A look at a sequential study that was not declared throws Error{Incomplete}; with --exploratory
/// it is stamped on everything.
void check_looks(const AnalyzeArguments& arguments,
                 const study::Analysis& analysis,
                 report::Provenance& provenance);

}  // namespace yates::cli
