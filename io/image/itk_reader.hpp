// SPDX-License-Identifier: Apache-2.0
// The general reader: ITK. It does not notice truncation, so callers check the file's sizes first.
#pragma once

#include <filesystem>
#include <vector>

#include "io/image/geometry.hpp"

namespace yates::io {

struct ItkVolume {
  Geometry geometry;
  std::vector<double> voxels;  ///< (D, H, W), scaled.
};

/// Reads a NIfTI volume with ITK's NiftiImageIO. Throws Error{BadData} with ITK's reason.
ItkVolume read_with_itk(const std::filesystem::path& path);

}  // namespace yates::io
