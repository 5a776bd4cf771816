// SPDX-License-Identifier: Apache-2.0
// One synthetic case: a pure function of the set's options and the case's index.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "io/phantom/options.hpp"

namespace yates::io {

/// The volumes of a case, each (D, H, W) of the set's shape, x fastest.
struct PhantomCase {
  std::vector<std::uint8_t> labels;                     ///< 0, 1 NCR, 2 ED, 3 ET
  std::array<std::vector<std::int16_t>, 4> modalities;  ///< t2w, t2f, t1n, t1c; empty if unasked.
  /// The box of the brain, which an import crops to: [low, high) along z, y, x.
  std::array<std::array<std::int64_t, 2>, 3> brain_box{};
};

/// "BraTS-GLI-00007-000" for index 7. Precondition: index < 100000.
std::string phantom_case_id(std::uint64_t index);

/// Makes case `index`. Deterministic; independent of the other cases of the set.
PhantomCase draw_phantom(const PhantomOptions& options, std::uint64_t index, bool with_modalities);

}  // namespace yates::io
