// SPDX-License-Identifier: Apache-2.0
// Region of interest: the box around a foreground mask that is predicted instead of the whole
// volume (paper, Appendix G).
#pragma once

#include <cstdint>
#include <span>

#include "base/json.hpp"
#include "kernels/volume/box.hpp"

namespace yates::eval {

inline constexpr std::int64_t kRoiMargin = 8;  ///< Voxels added to every side of the mask's box.
inline constexpr std::int64_t kRoiAlign = 16;  ///< Sides become multiples of it.

/// The box of the voxels of `mask` (D, H, W) that are not 0, grown by the margin and then, half on
/// either side and shifted back into the volume, to multiples of the alignment; sides stop at the
/// volume's. Without any voxel: the whole volume, because nothing is known. Deterministic.
kernels::Box3 roi_box(std::span<const std::uint8_t> mask, const kernels::Shape3& shape);

/// What a region of interest saved and cost for one case.
struct RoiOutcome {
  kernels::Box3 box;
  kernels::Shape3 shape = {0, 0, 0};    ///< Of the stored volume.
  std::int64_t windows = 0;             ///< Network calls within the box.
  std::int64_t full_windows = 0;        ///< For the whole volume.
  double seconds = 0.0;                 ///< Of the prediction within the box.
  double full_seconds = 0.0;            ///< Of the whole volume; 0 if it was not predicted.
  std::int64_t tumour_voxels = 0;       ///< Of the reference.
  std::int64_t tumour_outside_box = 0;  ///< Those that no prediction can reach.
  std::array<double, 3> dice{};         ///< WT, TC, ET against the reference; both empty: 1.
  std::array<double, 3> full_dice{};    ///< Likewise of the whole volume's prediction.
};

/// Voxels of the whole volume for each of the box: the speed-up in theory (Table 16).
double theoretical_speedup(const RoiOutcome& outcome);

/// {"box", "shape", "windows", "full_windows", "theoretical_speedup", "seconds", "full_seconds",
/// "speedup", "tumour_voxels", "tumour_outside_box", "cut_off_pct", "dice": {"WT", ...},
/// "full_dice", "dice_difference"}; null where the whole volume was not predicted.
Json roi_json(const RoiOutcome& outcome);

}  // namespace yates::eval
