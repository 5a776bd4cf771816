// SPDX-License-Identifier: Apache-2.0
// What an import has finished so far (import.partial.json), so that the next run goes on from
// there.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/dataset/case_folder.hpp"
#include "io/shard/manifest.hpp"

namespace yates::io {

/// One finished shard and what it was made from.
struct FinishedShard {
  std::string input;  ///< `input_digest` of its cases.
  ShardRecord shard;
  std::vector<CaseRecord> cases;
};

/// SHA-256 over names, sizes and last 4 KiB of the cases' files (in a .gz file: its checksum and
/// length) and `options`, which names everything else that decides the result.
std::string input_digest(const std::vector<CaseFiles>& cases, const std::string& options);

/// The journal of one data folder. Every change is on disk when the call returns.
class ImportJournal {
 public:
  /// Reads what is there; an unreadable journal counts as empty, with a warning.
  explicit ImportJournal(std::filesystem::path dir);

  /// The finished shard of this name if it was made from this input and is still whole on disk.
  [[nodiscard]] std::optional<FinishedShard> find(const std::string& file,
                                                  const std::string& input) const;
  /// Throws Error{Io}.
  void add(const FinishedShard& finished);
  /// Forgets everything; the file goes.
  void remove();

 private:
  [[nodiscard]] std::filesystem::path path() const { return dir_ / "import.partial.json"; }

  std::filesystem::path dir_;
  std::map<std::string, FinishedShard> shards_;  ///< By file name.
};

}  // namespace yates::io
