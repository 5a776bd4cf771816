// SPDX-License-Identifier: Apache-2.0
// Volumes read from and written to NIfTI. Files are decoded here; ITK reads those with a special
// orientation, after their sizes were checked. Both give the same voxels.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "io/image/geometry.hpp"

namespace yates::io {

/// One modality. Voxels (D, H, W) after the file's slope and intercept.
struct Image {
  Geometry geometry;
  std::vector<float> voxels;
  bool integral = true;         ///< Every voxel is a whole number.
  double minimum = 0;           ///< Over the finite voxels, before rounding to float; 0 if none.
  double maximum = 0;           ///< Likewise.
  std::int64_t not_finite = 0;  ///< Voxels that are NaN or infinite.
  std::string stored_type;      ///< "int16", "float64", ...
  std::string note;             ///< What is doubtful about the file's grid; empty as a rule.

  /// True if int16 keeps every voxel exactly.
  [[nodiscard]] bool fits_int16() const {
    return integral && not_finite == 0 && minimum >= -32768 && maximum <= 32767;
  }
};

/// A segmentation. Voxels (D, H, W), one label each.
struct LabelMap {
  Geometry geometry;
  std::vector<std::uint8_t> voxels;
  std::string note = {};  ///< As that of an image.
};

/// Reads a volume. Throws Error{InputMissing}, or Error{BadData} naming file and cause: truncated,
/// short, wrong checksum, no NIfTI, unusable orientation. Deterministic.
Image read_image(const std::filesystem::path& path);

/// Reads a label map of any stored type. As `read_image`; voxels that are not whole numbers from 0
/// to 255 are Error{BadData} with their count and an example.
LabelMap read_label_map(const std::filesystem::path& path);

/// Publishes a label map as NIfTI-1, uint8; compressed if the name ends in .gz. Throws Error{Io}.
void write_label_map(const std::filesystem::path& path, const LabelMap& map);

/// Publishes a volume as NIfTI-1, int16; compressed if the name ends in .gz. Precondition: as many
/// voxels as the geometry has. Throws Error{Io}.
void write_image_int16(const std::filesystem::path& path,
                       const Geometry& geometry,
                       std::span<const std::int16_t> voxels);

/// Publishes volumes (K, D, H, W) of fractions in [0, 1] as a 4-D NIfTI-1 in uint16 with slope
/// 1 / 65535; compressed if the name ends in .gz. Rounded to the nearest step; NaN becomes 0.
/// Throws Error{Io}.
void write_fractions(const std::filesystem::path& path,
                     const Geometry& geometry,
                     std::span<const float> fractions);

}  // namespace yates::io
