// SPDX-License-Identifier: Apache-2.0
// Writes one shard: several cases in one HDF5 file that appears whole or not at all.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "io/hdf5/hdf5_file.hpp"
#include "io/shard/manifest.hpp"

namespace yates::io {

/// A shard under construction beside its final path; the destructor removes what was not published.
class ShardWriter {
 public:
  /// `dir` is the data folder, `file` the shard's name in it. Throws Error{Io}.
  ShardWriter(std::filesystem::path dir, std::string file);

  /// Appends a case. `image` holds (4, D, H, W) int16 or float32 as `record.storage` says, `labels`
  /// (D, H, W) uint8. Sets the record's shard and checksums. Throws Error{Io}.
  void add(CaseRecord& record,
           std::span<const std::byte> image,
           std::span<const std::uint8_t> labels);

  /// Closes the file, reads it back and compares every checksum, syncs it and gives it its name.
  /// Throws Error{Io}; nothing is published then. Call once, last.
  ShardRecord publish();

 private:
  std::filesystem::path dir_;
  std::string file_;
  AtomicFile target_;
  Hdf5File hdf5_;
  std::vector<CaseRecord> records_;
};

}  // namespace yates::io
