// SPDX-License-Identifier: Apache-2.0
// The results of a campaign as one HDF5 file, for programs that rather read columns than text.
#pragma once

#include <filesystem>

#include "launcher/campaign/results.hpp"

namespace yates::campaign {

/// Publishes `path`: a group /results with one dataset per column of the table, all of one length:
/// seed int64, dice (a fraction) and hd95_mm float64, all others texts. Attributes of the root:
/// schema, study, plan_sha256 (empty without a plan.json). Throws Error{Io}.
void write_results_hdf5(const std::filesystem::path& path,
                        const config::StudyFile& study,
                        const CampaignResults& results);

}  // namespace yates::campaign
