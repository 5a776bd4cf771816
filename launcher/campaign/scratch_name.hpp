// SPDX-License-Identifier: Apache-2.0
// Names for files that live for a moment.
#pragma once

#include <filesystem>
#include <string>

namespace yates::campaign {

/// A path in `folder`, which exists, that no other process of any machine uses:
/// ".NAME.HOST-PID-RANDOM.tmp". `study fsck` removes what a crash leaves of that form. Throws
/// Error{Io}.
std::filesystem::path scratch_name(const std::filesystem::path& folder, const std::string& name);

}  // namespace yates::campaign
