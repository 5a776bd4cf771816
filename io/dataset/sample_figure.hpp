// SPDX-License-Identifier: Apache-2.0
// A picture of a training sample.
#pragma once

#include <string>

#include "io/dataset/sample.hpp"

namespace yates::io {

/// SVG: for each modality the axial, coronal and sagittal slice with the most labelled voxels (the
/// middle one without any), grey from the 1st to the 99th percentile, label outlines in colour.
/// Deterministic.
std::string sample_figure_svg(const Sample& sample);

}  // namespace yates::io
