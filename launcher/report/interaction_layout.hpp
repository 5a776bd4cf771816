// SPDX-License-Identifier: Apache-2.0
// Which factor of a design goes where in an interaction plot.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "launcher/study/analysis.hpp"

namespace yates::report {

/// Which factors are drawn: along the axis, as lines, and one panel per setting of the rest.
struct InteractionLayout {
  std::size_t x = 0;
  std::optional<std::size_t> lines;
  std::vector<study::Levels> panels;  ///< The settings with the most runs; no lone cells.

  /// The cell at a level along the axis and of a line; 0 for a cell that the design lacks.
  [[nodiscard]] std::size_t cell_at(const study::Design& design,
                                    const study::Levels& panel,
                                    std::size_t level,
                                    std::size_t line) const;
};

/// The layout for the factors that figures compare (`drawn_factors`).
InteractionLayout interaction_layout(const study::Analysis& analysis);

}  // namespace yates::report
