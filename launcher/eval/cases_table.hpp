// SPDX-License-Identifier: Apache-2.0
// cases.csv: one row per case, convention and region.
#pragma once

#include <string>

#include "launcher/eval/evaluation.hpp"

namespace yates::eval {

/// The table as CSV text. Columns: case, region, convention, dice, hd95_mm, nsd_1mm, assd_mm, tp,
/// fp, fn, pred_voxels, ref_voxels, lesions, lesions_found, lesions_false; regions WT, TC, ET and
/// mean, which is the mean of the three in every column (undefined if one of them is). Full
/// precision; `nan` is undefined.
std::string cases_csv(const Evaluation& evaluation);

/// The mean of a figure over the three regions.
template <typename Figure>
double region_mean(const CaseMetrics& metrics, Figure figure) {
  double sum = 0.0;
  for (const RegionMetrics& region : metrics.regions) {
    sum += static_cast<double>(figure(region));
  }
  return sum / static_cast<double>(metrics.regions.size());
}

}  // namespace yates::eval
