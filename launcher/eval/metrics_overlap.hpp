// SPDX-License-Identifier: Apache-2.0
// Voxel overlap of a prediction and its reference.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/volume/box.hpp"
#include "launcher/eval/region.hpp"

namespace yates::eval {

/// Voxel counts of one region.
struct Overlap {
  std::int64_t tp = 0;  ///< In both.
  std::int64_t fp = 0;  ///< In the prediction only.
  std::int64_t fn = 0;  ///< In the reference only.

  [[nodiscard]] std::int64_t pred_voxels() const { return tp + fp; }
  [[nodiscard]] std::int64_t ref_voxels() const { return tp + fn; }
  [[nodiscard]] bool both_empty() const { return tp + fp + fn == 0; }
  [[nodiscard]] bool one_empty() const { return (pred_voxels() == 0) != (ref_voxels() == 0); }
  [[nodiscard]] bool any_empty() const { return pred_voxels() == 0 || ref_voxels() == 0; }
  [[nodiscard]] bool equal() const { return fp == 0 && fn == 0; }
};

/// 2 TP / (2 TP + FP + FN); NaN if both are empty.
double dice(const Overlap& overlap);

/// A prediction and its reference as masks (0 or 1) of one region over a common box.
struct MaskPair {
  kernels::Shape3 shape = {0, 0, 0};
  std::vector<std::uint8_t> pred;
  std::vector<std::uint8_t> ref;
};

/// One pass over both label maps (shape each): the box of everything that is not 0, and the counts
/// of the three regions. Deterministic.
struct CaseOverlap {
  kernels::Box3 box;  ///< Empty if both maps are 0 everywhere.
  std::array<Overlap, 3> regions;
};
CaseOverlap count_overlap(const std::uint8_t* pred,
                          const std::uint8_t* ref,
                          const kernels::Shape3& shape);

/// The masks of one region within `box` of two label maps (shape each).
MaskPair region_masks(const std::uint8_t* pred,
                      const std::uint8_t* ref,
                      const kernels::Shape3& shape,
                      const kernels::Box3& box,
                      Region region);

/// `pair` cut to the box of what is set in either mask, grown by `margin` where there is room.
MaskPair cropped(const MaskPair& pair, std::int64_t margin);

/// The counts of a pair of masks.
Overlap count_overlap(const MaskPair& pair);

}  // namespace yates::eval
