// SPDX-License-Identifier: Apache-2.0
// The label maps that predictions are scored against, written out of the data set once.
#pragma once

#include <filesystem>

namespace yates::campaign {

/// Writes the label map of every test case of the split, in source geometry, to a folder under
/// `out` that is named after data set and split, unless it is complete already. Returns the folder.
/// Throws Error{InputMissing} or Error{BadData} of manifest, split or shard; Error{Io}.
std::filesystem::path prepare_references(const std::filesystem::path& data_dir,
                                         const std::filesystem::path& split,
                                         const std::filesystem::path& out);

}  // namespace yates::campaign
