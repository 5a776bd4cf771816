// SPDX-License-Identifier: Apache-2.0
// The header of a NIfTI-1 or NIfTI-2 file, parsed and checked by ourselves: ITK reads truncated and
// short files without a word, so nothing reaches it before its sizes are known to be right.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "io/image/geometry.hpp"

namespace yates::io {

/// How a voxel is stored; the values are NIfTI's datatype codes.
enum class VoxelType : int {
  UInt8 = 2,
  Int16 = 4,
  Int32 = 8,
  Float32 = 16,
  Float64 = 64,
  Int8 = 256,
  UInt16 = 512,
  UInt32 = 768,
  Int64 = 1024,
  UInt64 = 1280,
};

/// "int16", "float64", ...
const char* voxel_type_name(VoxelType type);
std::int64_t bytes_per_voxel(VoxelType type);

struct NiftiHeader {
  int version = 1;            ///< 1 or 2.
  bool byte_swapped = false;  ///< Stored in the other byte order than this machine's.
  VoxelType type = VoxelType::UInt8;
  std::int64_t data_offset = 0;  ///< Bytes before the first voxel.
  double slope = 1;              ///< Value = slope * stored + intercept.
  double intercept = 0;
  Geometry geometry;  ///< Valid only where `special` is empty; shape is always valid.
  /// Why the file needs the general reader (forms that disagree, ...); empty for a plain file.
  std::string special;
  std::string note;  ///< What was not taken exactly as stored; empty as a rule.

  [[nodiscard]] bool scaled() const { return slope != 1 || intercept != 0; }
  /// Bytes the decompressed file has if it is whole.
  [[nodiscard]] std::int64_t file_bytes() const {
    return data_offset + geometry.voxels() * bytes_per_voxel(type);
  }
};

/// `special` of a volume with further axes of length 1.
inline constexpr const char* kMoreAxes = "more than 3 axes";

/// Bytes that `parse_nifti_header` wants to see; a shorter file is given whole.
inline constexpr std::size_t kNiftiHeaderBytes = 544;

/// Parses the first bytes of a (decompressed) file. Three spatial axes; further axes only of
/// length 1. Throws Error{BadData} naming `path`, the field and its value.
NiftiHeader parse_nifti_header(std::span<const std::byte> bytes, const std::filesystem::path& path);

}  // namespace yates::io
