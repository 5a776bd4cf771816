// SPDX-License-Identifier: Apache-2.0
// Changes bytes of a NIfTI-1 file that write_image_int16 or write_label_map wrote.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <vector>

namespace yates::io {

/// Byte offsets of fields in a NIfTI-1 header, and where the voxels begin.
namespace nifti_field {
inline constexpr std::size_t kAxes = 40;
inline constexpr std::size_t kLengths = 42;  ///< x, y, z, ... int16 each.
inline constexpr std::size_t kType = 70;
inline constexpr std::size_t kBits = 72;
inline constexpr std::size_t kSpacing = 80;  ///< x, y, z; float each.
inline constexpr std::size_t kDataOffset = 108;
inline constexpr std::size_t kSlope = 112;
inline constexpr std::size_t kUnits = 123;
inline constexpr std::size_t kQformCode = 252;
inline constexpr std::size_t kSformCode = 254;
inline constexpr std::size_t kQuatern = 256;
inline constexpr std::size_t kQoffset = 268;
inline constexpr std::size_t kSform = 280;  ///< Three rows of four floats.
inline constexpr std::size_t kMagic = 344;
inline constexpr std::size_t kExtension = 348;
inline constexpr std::size_t kVoxels = 352;
}  // namespace nifti_field

/// The decompressed bytes of one file.
class NiftiEdit {
 public:
  /// Throws as read_nifti.
  explicit NiftiEdit(std::filesystem::path path);

  [[nodiscard]] std::vector<std::byte>& bytes() { return bytes_; }

  template <typename T>
  NiftiEdit& put(std::size_t offset, T value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
    return *this;
  }
  template <typename T>
  [[nodiscard]] T get(std::size_t offset) const {
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  /// The stored voxels; T is int16_t of an image and uint8_t of a label map.
  template <typename T>
  [[nodiscard]] std::vector<T> voxels() const {
    std::vector<T> values((bytes_.size() - nifti_field::kVoxels) / sizeof(T));
    std::memcpy(values.data(), bytes_.data() + nifti_field::kVoxels, values.size() * sizeof(T));
    return values;
  }
  /// Replaces the voxels and their type; `code` is NIfTI's for T.
  template <typename T>
  NiftiEdit& set_voxels(const std::vector<T>& values, std::int16_t code) {
    bytes_.resize(nifti_field::kVoxels + values.size() * sizeof(T));
    std::memcpy(bytes_.data() + nifti_field::kVoxels, values.data(), values.size() * sizeof(T));
    return put(nifti_field::kType, code)
        .put(nifti_field::kBits, static_cast<std::int16_t>(8 * sizeof(T)));
  }
  /// Turns header and voxels to the other byte order.
  NiftiEdit& swap_byte_order();
  /// The same volume as a NIfTI-2 file.
  [[nodiscard]] std::vector<std::byte> as_nifti2() const;

  /// Writes the file back, compressed as one gzip member.
  void save() const;
  /// Replaces the file by these bytes as they are.
  void save_raw(std::span<const std::byte> stored) const;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::vector<std::byte> bytes_;
};

}  // namespace yates::io
