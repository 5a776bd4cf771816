// SPDX-License-Identifier: Apache-2.0
// What a program leaves that is killed while it writes a file.
#pragma once

#include <filesystem>

namespace yates::campaign {

/// Removes the temporary files (base/file.hpp) in `folder` and in the folders below it whose
/// process was of this machine and has ended. Links are not followed. Files that cannot be removed
/// stay.
void remove_abandoned_files(const std::filesystem::path& folder);

}  // namespace yates::campaign
