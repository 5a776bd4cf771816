// SPDX-License-Identifier: Apache-2.0
// HDF5 files: the one place that calls the HDF5 library. Every call is checked, errors carry HDF5's
// own stack, and one lock covers the process, because HDF5 itself has at best one lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace yates::io {

/// Element types that yates stores; little-endian.
enum class ElementType { UInt8, Int16, Float32 };

std::int64_t element_bytes(ElementType type);

/// Where a dataset's elements lie in the file.
struct DatasetPlace {
  ElementType type = ElementType::UInt8;
  std::vector<std::int64_t> shape;
  std::int64_t offset = 0;  ///< Of the first element, bytes from the start of the file.
};

/// An open HDF5 file. Movable; closes itself. Safe from several threads, one call at a time.
class Hdf5File {
 public:
  /// Creates or replaces a file. Throws Error{Io}.
  static Hdf5File create(const std::filesystem::path& path);
  /// Opens for reading, without file locks (read-only media, network file systems). Throws
  /// Error{InputMissing} if there is no such file, Error{BadData} if it is not whole HDF5.
  static Hdf5File open(const std::filesystem::path& path);

  Hdf5File(Hdf5File&& other) noexcept;
  Hdf5File& operator=(Hdf5File&& other) noexcept;
  Hdf5File(const Hdf5File&) = delete;
  Hdf5File& operator=(const Hdf5File&) = delete;
  ~Hdf5File();

  /// Names of the groups at the root, sorted.
  [[nodiscard]] std::vector<std::string> groups() const;
  void create_group(const std::string& name);

  /// Writes a new contiguous dataset, not chunked, in the shape's C order. Throws Error{Io}.
  void write_dataset(const std::string& name,
                     ElementType type,
                     std::span<const std::int64_t> shape,
                     std::span<const std::byte> elements);
  /// Finds a contiguous dataset. Throws Error{BadData} if it is absent, chunked, or of a type that
  /// yates does not store.
  [[nodiscard]] DatasetPlace find_dataset(const std::string& name) const;

  /// A column of a table: a one-dimensional dataset of float64, int64 or UTF-8 texts of one length,
  /// padded with NUL. Throws Error{Io}.
  void write_column(const std::string& name, std::span<const double> values);
  void write_column(const std::string& name, std::span<const std::int64_t> values);
  void write_column(const std::string& name, std::span<const std::string> values);

  /// Attributes of the object `name` ("/" is the root).
  void write_attribute(const std::string& name, const std::string& key, std::span<const double> v);
  void write_attribute(const std::string& name,
                       const std::string& key,
                       std::span<const std::int64_t> v);
  void write_attribute(const std::string& name, const std::string& key, const std::string& text);
  /// Throws Error{BadData} if the attribute is absent or not of numbers.
  [[nodiscard]] std::vector<double> read_numbers(const std::string& name,
                                                 const std::string& key) const;
  [[nodiscard]] std::vector<std::int64_t> read_integers(const std::string& name,
                                                        const std::string& key) const;

  /// Flushes and closes; after that only destruction is allowed. Throws Error{Io}.
  void close();

 private:
  Hdf5File(std::int64_t id, std::filesystem::path path);

  std::int64_t id_;
  std::filesystem::path path_;
};

}  // namespace yates::io
