// SPDX-License-Identifier: Apache-2.0
// Which label values a file may hold, and what they mean.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace yates::eval {

enum class LabelSet {
  Brats2023,  ///< 0, 1 NCR, 2 ED, 3 ET.
  Brats2021,  ///< 0, 1 NCR, 2 ED, 4 ET; a file with 3 and no 4 is taken as converted already.
  Nnunet      ///< 0, 1 ED, 2 NCR, 3 ET, as nnU-Net's BraTS conversion numbers them.
};

/// The set named brats2023, brats2021 or nnunet. Throws Error{Usage}.
LabelSet label_set_named(const std::string& name);

/// Name and values, e.g. "brats2023 (1 NCR, 2 ED, 3 ET)".
const char* label_set_text(LabelSet set);

/// The set whose tumour core consists of these values: {1, 3}, {1, 4} or {2, 3}; nothing else.
std::optional<LabelSet> label_set_of_core(const std::set<std::int64_t>& core);

/// What `dir`/dataset.json (nnU-Net) says about the labels of the files beside it; nothing without
/// that file. Throws Error{BadData} if its labels are none of the known sets.
std::optional<LabelSet> declared_label_set(const std::filesystem::path& dir);

/// Checks the voxels of one file and converts them in place to 0, 1, 2, 3. Appends a problem with
/// the count of each unknown value, at `where`. Returns true if the file held 3 where the set
/// expects 4.
bool convert_labels(LabelSet set,
                    const std::string& where,
                    std::vector<std::uint8_t>& voxels,
                    std::vector<Problem>& problems);

}  // namespace yates::eval
