// SPDX-License-Identifier: Apache-2.0
// How many voxels of each label a phantom has, distributed as in BraTS 2023 (paper, Tables 2 and
// 3).
#pragma once

#include <cstdint>

#include "io/phantom/options.hpp"

namespace yates::io {

/// Exact voxel counts of one case.
struct TumourCounts {
  std::int64_t whole;  ///< NCR + ED + ET, at least 1.
  std::int64_t core;   ///< NCR + ET
  std::int64_t ncr;
};

/// Draws the counts of case `index` for a brain box of `box_voxels`: the whole-tumour share of the
/// box is a truncated Weibull, the splits are logistic-normal and depend on it; 43 of 1251 cases
/// have no NCR, 33 no ET, 1 no ED. Below difficulty 0.5 tumours grow towards the easy set of
/// difficulty 0: 16 to 26 % of the box, about 40 % of it ED, 25 % NCR, 35 % ET, none missing.
TumourCounts draw_tumour_counts(const PhantomOptions& options,
                                std::uint64_t index,
                                std::int64_t box_voxels);

}  // namespace yates::io
