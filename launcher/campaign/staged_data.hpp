// SPDX-License-Identifier: Apache-2.0
// A copy of a data set on a disk of this node, made once per node and checked.
#pragma once

#include <filesystem>

namespace yates::campaign {

/// The folder of a verified copy of the data set in `data_dir`, under `root`/yates-data-UID-DIGEST
/// (mode 0700), made if it is not there: every shard is copied, read back and compared with the
/// SHA-256 of the manifest. Processes of this node take turns, so that it is copied once. Returns
/// `data_dir` itself, with a warning, if `root` has too little room. Throws Error{BadData} for a
/// shard that is not what the manifest says, Error{Io}, and Error{Io} if the folder belongs to
/// somebody else, is a link, or others may write to it.
std::filesystem::path stage_data(const std::filesystem::path& data_dir,
                                 const std::filesystem::path& root);

}  // namespace yates::campaign
