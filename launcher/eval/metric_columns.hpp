// SPDX-License-Identifier: Apache-2.0
// The columns of metrics and the names of regions in cases.csv and in a table of results: their
// one list.
#pragma once

#include <array>
#include <cstddef>

namespace yates::eval {

/// In the order of cases.csv, behind case, region and convention.
inline constexpr std::array kMetricColumns = {"dice",
                                              "hd95_mm",
                                              "nsd_1mm",
                                              "assd_mm",
                                              "tp",
                                              "fp",
                                              "fn",
                                              "pred_voxels",
                                              "ref_voxels",
                                              "lesions",
                                              "lesions_found",
                                              "lesions_false"};

/// The regions that are scored, and their mean.
inline constexpr std::array kRegionNames = {"WT", "TC", "ET", "mean"};
/// Place of "mean" in kRegionNames.
inline constexpr std::size_t kMeanRegion = 3;

}  // namespace yates::eval
