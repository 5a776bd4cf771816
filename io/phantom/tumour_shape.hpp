// SPDX-License-Identifier: Apache-2.0
// The tumour of a phantom: each region is the top k voxels of a smooth score, so its size is exact.
#pragma once

#include <cstdint>
#include <vector>

#include "io/phantom/brain_shape.hpp"
#include "io/phantom/options.hpp"
#include "io/phantom/tumour_counts.hpp"

namespace yates::io {

/// Labels of the box of `brain`, (D, H, W): 0, 1 NCR, 2 ED, 3 ET with exactly `counts` voxels; all
/// inside the brain. Necrosis lies within an enhancing rim, oedema around both.
std::vector<std::uint8_t> draw_tumour(const PhantomOptions& options,
                                      std::uint64_t index,
                                      const BrainShape& brain,
                                      const TumourCounts& counts);

}  // namespace yates::io
