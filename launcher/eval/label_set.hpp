// SPDX-License-Identifier: Apache-2.0
// Which label values a file may hold, and what they mean.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace yates::eval {

enum class LabelSet {
  Brats2023,  ///< 0, 1 NCR, 2 ED, 3 ET.
  Brats2021   ///< 0, 1 NCR, 2 ED, 4 ET; a file with 3 and no 4 is taken as converted already.
};

/// The set named brats2023 or brats2021. Throws Error{Usage}.
LabelSet label_set_named(const std::string& name);

/// Checks the voxels of one file and converts them in place to 0, 1, 2, 3. Appends a problem with
/// the count of each unknown value, at `where`. Returns true if the file held 3 where the set
/// expects 4.
bool convert_labels(LabelSet set,
                    const std::string& where,
                    std::vector<std::uint8_t>& voxels,
                    std::vector<Problem>& problems);

}  // namespace yates::eval
