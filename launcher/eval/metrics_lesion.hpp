// SPDX-License-Identifier: Apache-2.0
// Lesion-wise scores of the BraTS 2023 challenge (glioma): every reference lesion is scored on its
// own, every predicted component that meets none counts as a false positive.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/volume/box.hpp"
#include "launcher/eval/metrics_overlap.hpp"

namespace yates::eval {

/// One reference lesion: the 26-connected components whose dilations (3 times with the 18-neighbour
/// element) touch, and the predicted components that touch its dilation.
struct Lesion {
  double volume_mm3 = 0.0;
  double dice = 0.0;
  double hd95_mm = 0.0;      ///< Infinite if no predicted component belongs to it.
  std::int64_t matched = 0;  ///< Predicted components that belong to it.
  [[nodiscard]] bool counted() const { return volume_mm3 > 50.0; }
};

struct LesionTable {
  std::vector<Lesion> lesions;        ///< By their first voxel in (z, y, x) order.
  std::int64_t false_components = 0;  ///< Predicted components that touch no lesion's dilation.

  /// Counted lesions, and those of them with a predicted component.
  [[nodiscard]] std::int64_t counted() const;
  [[nodiscard]] std::int64_t found() const;
  /// Mean over counted lesions and false components, which add 0 and 374 mm; 1 and 0 if there are
  /// none of both.
  [[nodiscard]] double dice() const;
  [[nodiscard]] double hd95_mm() const;
};

/// Finds and scores the lesions of a pair with at least 3 voxels of room around what is set, or the
/// face of the volume (precondition). Deterministic.
LesionTable lesion_table(const MaskPair& pair, const kernels::Spacing3& spacing);

}  // namespace yates::eval
