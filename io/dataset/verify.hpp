// SPDX-License-Identifier: Apache-2.0
// Is a data set still what was imported?
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace yates::io {

struct VerifyReport {
  std::int64_t cases = 0;
  std::int64_t shards = 0;
  std::int64_t bytes = 0;  ///< Of all shards, as found on disk.
  /// Patients with several cases (times of one patient), and these: a split keeps them together.
  std::map<std::string, std::vector<std::string>> repeated_patients;
  std::vector<Problem> problems;      ///< What makes the data set unusable.
  std::vector<std::string> warnings;  ///< What is unusual, but may be meant.
};

/// Reads every byte of the data set in `dir` and checks: size and SHA-256 of every shard, CRC32C of
/// every modality and label map, shapes and types against the manifest, labels 0..3 and their
/// counts, mean and sd (1e-9 relative), orientation (orthonormal), equal images under two case
/// ids. Unusual spacing, single images that occur twice and files that belong to no shard are
/// warnings. Throws what `read_manifest` throws, and Error{Io} where the file system fails in every
/// try; everything else is collected. `jobs` shards are read at once. Deterministic.
VerifyReport verify_data_set(const std::filesystem::path& dir, std::int64_t jobs = 1);

/// The report for `--json`: {"ok", "cases", "shards", "bytes", "repeated_patients": {patient:
/// [ids]}, "problems": [{"what", "where"}], "warnings": [texts]}.
Json verify_to_json(const VerifyReport& report);

}  // namespace yates::io
