// SPDX-License-Identifier: Apache-2.0
// The data that the benchmarks of import and loader read: phantoms of full size in a folder of
// their own.
#pragma once

#include <cstdint>
#include <filesystem>

#include "io/shard/manifest.hpp"

namespace yates::cli {

/// Phantoms of full size in BraTS folders, below the system's temporary folder; they disappear with
/// this object.
class RawCases {
 public:
  /// Makes `cases` phantoms (about half a second each); with 0 only the folder.
  explicit RawCases(std::int64_t cases);
  ~RawCases();
  RawCases(const RawCases&) = delete;
  RawCases& operator=(const RawCases&) = delete;

  /// The folder of the case folders. The one that holds it is free to use and goes too.
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "raw"; }
  [[nodiscard]] const std::filesystem::path& scratch() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

/// A data set that disappears with this object.
class BenchDataSet {
 public:
  /// Makes and imports `cases` phantoms (about a second each).
  explicit BenchDataSet(std::int64_t cases);

  [[nodiscard]] std::filesystem::path shards() const { return raw_.scratch() / "shards"; }
  [[nodiscard]] const io::Manifest& manifest() const { return manifest_; }

 private:
  RawCases raw_;
  io::Manifest manifest_;
};

}  // namespace yates::cli
