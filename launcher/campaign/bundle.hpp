// SPDX-License-Identifier: Apache-2.0
// One archive with everything that a reader of a study needs to check it, and to do it again.
#pragma once

#include <filesystem>
#include <string>

#include "launcher/campaign/plan.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

struct BundleOptions {
  std::filesystem::path yates;  ///< This program; makes the report.
  std::string version;          ///< What `yates --version` prints.
};

/// What went into a bundle.
struct Bundle {
  std::int64_t files = 0;
  std::string report;  ///< Why there is no report; empty if there is one.
};

/// Publishes a tar archive with one folder named after the study: study.yaml and its base,
/// plan.json, the splits and manifests of the data, results.csv, per run run.yaml, campaign.json,
/// status.json, metrics.jsonl and cases.csv, the report of `yates analyze`, the submissions and the
/// commands in redo.sh. Weights, predictions and images stay out. Links are never followed. Throws
/// like collect_results, Error{Io}.
Bundle write_bundle(const std::filesystem::path& path,
                    const config::StudyFile& study,
                    const Plan& plan,
                    const BundleOptions& options);

}  // namespace yates::campaign
