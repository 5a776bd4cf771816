// SPDX-License-Identifier: Apache-2.0
// Named tensors in one file, in the safetensors layout. Nothing in such a file is executable.
// Layout: io/checkpoint/FORMAT.md; stricter than the public specification where that leaves room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yates::io {

/// Element types, by their names in the file: F64, F32, ...
enum class Dtype { F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, Bool };

/// Bytes of one element.
std::size_t dtype_size(Dtype dtype);

/// Name in the file: "F32", "I64", "BOOL", ...
std::string_view dtype_name(Dtype dtype);

/// One tensor: row-major elements, little-endian. `data` is borrowed.
struct TensorEntry {
  std::string name;
  Dtype dtype = Dtype::F32;
  std::vector<std::int64_t> shape;  ///< Empty for a scalar.
  std::span<const std::byte> data;  ///< dtype_size(dtype) * product(shape) bytes.
};

using Metadata = std::map<std::string, std::string>;

/// Largest header that is written or read, in bytes: about 8000 tensors.
inline constexpr std::size_t kMaxHeaderBytes = std::size_t{1} << 20;

/// A file read whole into memory and checked whole.
class SafetensorsFile {
 public:
  /// Throws Error{InputMissing} if it cannot be opened, Error{Io} if reading fails, and
  /// Error{BadData} naming tensor and byte offset for anything but a valid file: length field
  /// outside the file or over kMaxHeaderBytes, malformed JSON, duplicate keys, unknown dtype, size
  /// that is not shape x dtype, overflow, holes, overlap, bytes that no tensor owns.
  explicit SafetensorsFile(const std::filesystem::path& path);

  /// All tensors in the order of their bytes; `data` lives as long as this object.
  [[nodiscard]] const std::vector<TensorEntry>& entries() const { return entries_; }
  /// The tensor of that name, or nullptr.
  [[nodiscard]] const TensorEntry* find(std::string_view name) const;
  [[nodiscard]] const Metadata& metadata() const { return metadata_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// The bytes before the tensors: length field, JSON, padding.
  [[nodiscard]] std::string_view header() const { return header_; }

 private:
  std::filesystem::path path_;
  std::string header_;
  std::unique_ptr<std::byte[]> data_;
  std::vector<TensorEntry> entries_;
  Metadata metadata_;
};

/// The bytes before the tensors that `write_safetensors` writes; they depend on names, dtypes,
/// shapes and metadata, not on data. Padded with blanks to a multiple of 8.
std::string safetensors_header(std::span<const TensorEntry> entries, const Metadata& metadata);

/// Publishes a file atomically. Wider elements come first, otherwise the order is as given, so that
/// every tensor is aligned; the same input gives the same bytes. Preconditions: names differ, none
/// is `__metadata__`, sizes fit. Throws Error{Io}; an existing `path` then keeps its content.
void write_safetensors(const std::filesystem::path& path,
                       std::span<const TensorEntry> entries,
                       const Metadata& metadata = {});

}  // namespace yates::io
