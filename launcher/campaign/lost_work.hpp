// SPDX-License-Identifier: Apache-2.0
// How much of an attempt that died has to be done again.
#pragma once

#include <filesystem>

namespace yates::campaign {

/// Share in [0, 1] of the newest training attempt's steps that no checkpoint holds: from the step
/// it went on from (attempts/NNNN/start.json), the last line of metrics.jsonl, and the newest
/// checkpoint. 1 if that cannot be told, as for an external arm. Never throws.
double lost_share(const std::filesystem::path& run_directory) noexcept;

}  // namespace yates::campaign
