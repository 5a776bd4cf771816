// SPDX-License-Identifier: Apache-2.0
// The data that the loader benchmarks read: phantoms of full size, imported, in a folder of their
// own.
#pragma once

#include <cstdint>
#include <filesystem>

#include "io/dataset/manifest.hpp"

namespace yates::cli {

/// A data set that disappears with this object.
class BenchDataSet {
 public:
  /// Makes and imports `cases` phantoms (about a second each) below the system's temporary folder.
  explicit BenchDataSet(std::int64_t cases);
  ~BenchDataSet();
  BenchDataSet(const BenchDataSet&) = delete;
  BenchDataSet& operator=(const BenchDataSet&) = delete;

  [[nodiscard]] std::filesystem::path shards() const { return folder_ / "shards"; }
  [[nodiscard]] const io::Manifest& manifest() const { return manifest_; }

 private:
  std::filesystem::path folder_;
  io::Manifest manifest_;
};

}  // namespace yates::cli
