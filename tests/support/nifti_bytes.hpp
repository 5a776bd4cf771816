// SPDX-License-Identifier: Apache-2.0
// NIfTI files made byte by byte, right or wrong, for tests of the readers.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "io/image/gzip.hpp"

namespace yates::testing {

/// A NIfTI-1 file under construction: a right header of an x*y*z volume of 1 mm in BraTS' frame,
/// whose fields a test may overwrite. `T` must fit `code`.
class NiftiBytes {
 public:
  template <typename T>
  NiftiBytes(std::array<std::int16_t, 3> xyz, std::int16_t code, const std::vector<T>& voxels)
      : bytes_(352 + voxels.size() * sizeof(T)) {
    put(0, std::int32_t{348});
    put(40, std::array<std::int16_t, 8>{3, xyz[0], xyz[1], xyz[2], 1, 1, 1, 1});
    put(70, code);
    put(72, static_cast<std::int16_t>(8 * sizeof(T)));
    put(76, std::array<float, 4>{1, 1, 1, 1});
    put(108, 352.0F);
    put(112, 1.0F);
    put(123, char{2});
    put(252, std::array<std::int16_t, 2>{1, 1});
    put(256, std::array<float, 6>{0, 0, 1, 0, 239, 0});
    put(280, std::array<float, 12>{-1, 0, 0, 0, 0, -1, 0, 239, 0, 0, 1, 0});
    put(344, std::array<char, 4>{'n', '+', '1', '\0'});
    std::memcpy(bytes_.data() + 352, voxels.data(), voxels.size() * sizeof(T));
  }

  template <typename T>
  NiftiBytes& put(std::size_t offset, const T& value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
    return *this;
  }
  NiftiBytes& resize(std::size_t size) {
    bytes_.resize(size);
    return *this;
  }
  /// Turns a field of `size` bytes to the other byte order.
  NiftiBytes& swap(std::size_t offset, std::size_t size, std::size_t count = 1) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto first = bytes_.begin() + static_cast<std::ptrdiff_t>(offset + i * size);
      std::reverse(first, first + static_cast<std::ptrdiff_t>(size));
    }
    return *this;
  }

  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }
  [[nodiscard]] std::vector<std::byte> gzip() const { return io::gzip_compress(bytes_, 6); }

  /// Writes the file, compressed if the name ends in .gz.
  void write(const std::filesystem::path& path) const {
    write_bytes(path, path.extension() == ".gz" ? gzip() : bytes_);
  }
  static void write_bytes(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
    write_file_atomic(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace yates::testing
