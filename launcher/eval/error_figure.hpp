// SPDX-License-Identifier: Apache-2.0
// A picture of where a prediction is worst.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "io/image/image.hpp"
#include "kernels/volume/box.hpp"
#include "launcher/eval/region.hpp"

namespace yates::eval {

/// The voxel in only one of two masks that lies farthest from the other mask.
struct WorstError {
  Region region = Region::WT;
  kernels::Shape3 voxel = {0, 0, 0};  ///< (z, y, x); the middle of the volume without any error.
  double distance_mm = 0.0;           ///< Infinite if the other mask is empty.
};

/// Finds the worst error over the three regions; of equal ones the first region's first voxel, of
/// an empty mask's partner the voxel in its middle. Labels 0 to 3 on one grid. Deterministic.
WorstError find_worst_error(const io::LabelMap& pred, const io::LabelMap& ref);

/// SVG of the axial, coronal and sagittal slices through the worst error: `background` (D, H, W;
/// empty: black) in grey from the 1st to the 99th percentile of its non-zero voxels, outlines of
/// the three labels, in strong colours for the reference and pale ones for the prediction.
/// Deterministic.
std::string error_figure_svg(const std::string& title,
                             const io::LabelMap& pred,
                             const io::LabelMap& ref,
                             std::span<const float> background);

}  // namespace yates::eval
