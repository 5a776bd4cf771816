// SPDX-License-Identifier: Apache-2.0
// The largest complete factorial inside an incomplete one: its effects need no assumption.
#pragma once

#include <optional>
#include <vector>

#include "launcher/study/design.hpp"

namespace yates::study {

struct CompletePart {
  Design design;                   ///< The factors that keep at least two levels; all cells run.
  Levels at;                       ///< The level of each factor that keeps only one.
  std::vector<std::size_t> cells;  ///< Cell of the whole design for each cell of the part.
};

/// Keeps for every factor a set of levels so that all combinations were run; the choice with most
/// cells, then most factors, then the lowest levels. Nothing if no factor can keep two levels, or
/// there are too many choices to look at (more than 65536).
std::optional<CompletePart> largest_complete_part(const Design& design);

}  // namespace yates::study
