// SPDX-License-Identifier: Apache-2.0
// Distances between border voxels: HD95 as MedPy and as MONAI define it, and ASSD.
#pragma once

#include <vector>

#include "kernels/volume/box.hpp"
#include "launcher/eval/metrics_overlap.hpp"

namespace yates::eval {

/// Squared distances in mm2 from each border voxel of one mask to the nearest of the other.
struct BorderDistances {
  std::vector<double> pred_to_ref;
  std::vector<double> ref_to_pred;
};

/// Measures a pair of which neither mask is empty (precondition). Deterministic.
BorderDistances border_distances(const MaskPair& pair, const kernels::Spacing3& spacing);

/// HD95 in mm, MedPy: both directions pooled, one 95th percentile with linear interpolation.
double hd95_medpy(const BorderDistances& distances);

/// HD95 in mm, MONAI: the larger of the two directed 95th percentiles, in float32 as its quantile.
double hd95_monai(const BorderDistances& distances);

/// Average symmetric surface distance in mm: the mean of the two directed means. (MedPy 0.5's own
/// `assd` pools both lists instead, which weights the larger surface more.)
double assd(const BorderDistances& distances);

}  // namespace yates::eval
