// SPDX-License-Identifier: Apache-2.0
// From a folder of NIfTI cases to a data set: shards, then manifest.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "io/dataset/prepare_case.hpp"
#include "io/shard/manifest.hpp"

namespace yates::io {

struct ImportOptions {
  std::filesystem::path in;
  std::filesystem::path out;
  LabelConvention labels = LabelConvention::Brats2023;
  std::int64_t jobs = 1;           ///< Cases prepared at once; about 0.3 GB each.
  std::int64_t allow_missing = 0;  ///< Refused cases up to this number do not stop the import.
  std::int64_t cases_per_shard = 32;
  /// Asked after every case: why to stop now, e.g. "SIGTERM"; empty to go on.
  std::function<std::string()> stop_reason = [] { return std::string(); };
};

struct ImportReport {
  Manifest manifest;
  std::int64_t reused_cases =
      0;  ///< Taken over from an import that was interrupted or is complete.
  std::int64_t refused_cases = 0;
  std::vector<Problem> refused;  ///< Why; empty unless `allow_missing` let them pass.
};

/// Imports all cases of `options.in`. Input folders are taken in groups of `cases_per_shard` by
/// name; a group is one shard, so shards do not depend on `jobs` or on refused cases elsewhere.
/// Every shard is read back before it gets its name, and manifest.json is written last: readers see
/// the whole data set or none. An interrupted import takes over its finished shards when it is run
/// again with the same input. Throws Error{InputMissing}; Error{BadData} with the problems of all
/// refused cases, after every case was looked at; Error{BadData} if `out` holds another data set;
/// Error{RunOwned} if another import writes there; Error{Interrupted} when it was asked to stop,
/// with the finished shards kept; Error{Io}.
ImportReport import_cases(const ImportOptions& options);

}  // namespace yates::io
