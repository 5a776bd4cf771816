// SPDX-License-Identifier: Apache-2.0
// Every metric of one case, from one pass over prediction and reference.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/volume/box.hpp"
#include "launcher/eval/metrics_convention.hpp"
#include "launcher/eval/metrics_overlap.hpp"

namespace yates::eval {

/// The figures of a region that depend on the convention. NaN: undefined.
struct Score {
  double dice = 0.0;  ///< Fraction.
  double hd95_mm = 0.0;
  double nsd_1mm = 0.0;  ///< Surface Dice at 1 mm; NaN if both are empty, 0 if one is.
  double assd_mm = 0.0;  ///< NaN if any is empty.
};

/// One region of one case.
struct RegionMetrics {
  Overlap overlap;
  std::int64_t lesions = 0;        ///< Reference lesions above 50 mm3.
  std::int64_t lesions_found = 0;  ///< Those that a predicted component touches.
  std::int64_t lesions_false = 0;  ///< Predicted components that touch no reference lesion.
  std::array<Score, kConventions.size()> scores;  ///< By convention; those not asked for are NaN.
};

struct CaseMetrics {
  std::array<RegionMetrics, 3> regions;  ///< By region: WT, TC, ET.
};

/// Measures `pred` against `ref`: label maps (D, H, W) with labels 0 to 3 and voxels of `spacing`
/// mm along (z, y, x). Only what `conventions` need is computed. Deterministic; thread-safe.
/// Memory: about 40 bytes per voxel of the box around the labels of both.
CaseMetrics measure_case(const std::uint8_t* pred,
                         const std::uint8_t* ref,
                         const kernels::Shape3& shape,
                         const kernels::Spacing3& spacing,
                         std::span<const Convention> conventions);

}  // namespace yates::eval
