// SPDX-License-Identifier: Apache-2.0
// A NIfTI file in memory: decompressed, and checked against its own header. .nii and .nii.gz (also
// of several gzip members) are told apart by content.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "io/image/nifti_header.hpp"

namespace yates::io {

/// The whole decompressed file.
class NiftiFile {
 public:
  NiftiFile(NiftiHeader header, std::unique_ptr<std::byte[]> bytes)
      : header_(std::move(header)), bytes_(std::move(bytes)) {}

  [[nodiscard]] const NiftiHeader& header() const { return header_; }
  /// The stored voxels, in the file's byte order, x fastest.
  [[nodiscard]] std::span<const std::byte> voxels() const {
    const auto size = static_cast<std::size_t>(header_.file_bytes() - header_.data_offset);
    return {bytes_.get() + header_.data_offset, size};
  }

 private:
  NiftiHeader header_;
  std::unique_ptr<std::byte[]> bytes_;
};

/// Reads a file. Its size must be exactly what its header says, and every gzip member's CRC and
/// length must hold. Throws Error{InputMissing}; Error{BadData} naming the file, the byte and the
/// cause; Error{Io} where the file system fails in every try (see InputFile; fault points
/// image.open and image.read). Never fills in zeros.
NiftiFile read_nifti(const std::filesystem::path& path);

}  // namespace yates::io
