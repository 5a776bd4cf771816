// SPDX-License-Identifier: Apache-2.0
// An open shard. HDF5 is asked once where the bytes lie; all reading is by offset, so threads never
// wait for HDF5's lock: from a mapping of the file on local file systems, else by pread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "io/hdf5/hdf5_file.hpp"

namespace yates::io {

/// What the shard itself says about one case.
struct StoredCase {
  DatasetPlace image;   ///< (4, D, H, W).
  DatasetPlace labels;  ///< (D, H, W).
  std::vector<double> mean;
  std::vector<double> sd;
  std::vector<std::int64_t> crc32c;  ///< By channel, then labels.
};

/// Immutable; safe from several threads.
class ShardFile {
 public:
  /// Opens a shard of exactly `bytes` bytes (by its manifest). Throws Error{InputMissing};
  /// Error{BadData} for another size, another schema, or a file that is not whole; Error{Io} where
  /// the file system fails in every try (see InputFile; fault points shard.open and shard.read).
  ShardFile(std::filesystem::path path, std::int64_t bytes);
  ~ShardFile();
  ShardFile(const ShardFile&) = delete;
  ShardFile& operator=(const ShardFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }
  [[nodiscard]] const std::map<std::string, StoredCase>& cases() const { return cases_; }
  /// Throws Error{BadData} if the shard does not hold the case.
  [[nodiscard]] const StoredCase& find(const std::string& id) const;

  /// Fills `target` from the byte `offset` on. Throws Error{BadData} at the end of the file,
  /// Error{Io} if the system refuses in every try, both naming `what` and the offset.
  void read(std::int64_t offset, std::span<std::byte> target, const std::string& what) const;

  /// The `size` bytes from `offset` on: in the mapping where there is one, otherwise in `buffer`,
  /// which is filled by `read`. Valid while this object lives and `buffer` is unchanged. A mapped
  /// file must not be shortened while it is open: the system ends the process (SIGBUS).
  [[nodiscard]] std::span<const std::byte> view(std::int64_t offset,
                                                std::int64_t size,
                                                std::vector<std::byte>& buffer,
                                                const std::string& what) const;

 private:
  void load_index();
  void map();

  InputFile file_;
  std::int64_t bytes_;
  const std::byte* mapped_ = nullptr;  ///< The whole file, or nothing.
  std::map<std::string, StoredCase> cases_;
};

}  // namespace yates::io
