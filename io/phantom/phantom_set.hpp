// SPDX-License-Identifier: Apache-2.0
// Writes a set of synthetic cases in the folder layout of BraTS 2023.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/phantom/options.hpp"

namespace yates::io {

struct PhantomSetOptions {
  PhantomOptions phantom;
  std::int64_t cases = 0;    ///< 1 to 100000
  bool labels_only = false;  ///< Only ID-seg.nii.gz, and the brain's box in ID-crop.json.
  std::int64_t jobs = 1;     ///< Threads, one case each.
  std::vector<std::string> defects = {};  ///< Case i gets defect i; see defect.hpp.
};

struct PhantomSetResult {
  std::int64_t written = 0;
  std::int64_t kept = 0;  ///< Complete from an earlier call.
};

/// Writes cases 0 ... cases - 1 into `folder` as `ID/ID-{t1n,t1c,t2w,t2f,seg}.nii.gz`, 1 mm voxels,
/// BraTS geometry. A case's folder appears whole or not at all; an interrupted call continues where
/// it stopped. `phantom.json` records the options. Bytes do not depend on `jobs`. Shows progress.
/// Throws Error{Usage} for wrong options, Error{BadData} if the folder holds a set made with other
/// options, Error{Io}.
PhantomSetResult write_phantom_set(const std::filesystem::path& folder,
                                   const PhantomSetOptions& options);

}  // namespace yates::io
