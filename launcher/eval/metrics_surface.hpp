// SPDX-License-Identifier: Apache-2.0
// Distances between surface elements weighted by their area: HD95 and NSD as DeepMind's
// surface-distance defines them (Nikolov et al., arXiv 1809.04430), which BraTS uses.
#pragma once

#include <utility>
#include <vector>

#include "kernels/volume/box.hpp"
#include "launcher/eval/metrics_overlap.hpp"

namespace yates::eval {

/// One element: distance in mm to the other surface, area in mm2.
using SurfaceElement = std::pair<double, double>;

/// The elements of both surfaces, each sorted by distance, then area.
struct SurfaceDistances {
  std::vector<SurfaceElement> pred_to_ref;
  std::vector<SurfaceElement> ref_to_pred;
};

/// Measures a pair of which neither mask is empty (precondition). Deterministic.
SurfaceDistances surface_distances(const MaskPair& pair, const kernels::Spacing3& spacing);

/// HD95 in mm: the larger of the two directed distances below which 95 % of the area lies.
double hd95_surface(const SurfaceDistances& distances);

/// Normalised surface Dice: share of the area of both surfaces within `tolerance_mm` of the other.
double surface_dice(const SurfaceDistances& distances, double tolerance_mm);

}  // namespace yates::eval
