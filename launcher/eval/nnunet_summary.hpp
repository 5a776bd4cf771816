// SPDX-License-Identifier: Apache-2.0
// nnU-Net's own evaluation (summary.json) as a table of cases.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "launcher/eval/label_set.hpp"

namespace yates::eval {

/// The `metric_per_case` of a summary as CSV text: the columns of `leading` (name and value, e.g.
/// factor levels and seed), then those of cases.csv; convention `nnunet` (Dice undefined where both
/// masks are empty); distances and lesions, which nnU-Net does not measure, are `nan`. The regions
/// are found by their labels: the core of two values says which set it is. Throws
/// Error{InputMissing} for a missing file; Error{BadData} for another format, for a summary of
/// single labels instead of regions, or where `expected` is another set.
std::string nnunet_summary_csv(const std::filesystem::path& path,
                               const std::optional<LabelSet>& expected,
                               const std::vector<std::pair<std::string, std::string>>& leading);

}  // namespace yates::eval
