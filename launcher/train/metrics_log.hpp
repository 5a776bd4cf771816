// SPDX-License-Identifier: Apache-2.0
// metrics.jsonl: the record of a run, one line of JSON per step and per validation.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/json.hpp"

namespace yates::train {

/// Appends lines, each by one write, so that a reader or a crash never sees half of one that was
/// finished. A resumed run first drops the lines after its checkpoint: steps never repeat.
class MetricsLog {
 public:
  /// Keeps the lines of steps up to `step`, drops the rest and a torn last line. Throws Error{Io}.
  MetricsLog(std::filesystem::path path, std::int64_t step);
  ~MetricsLog();
  MetricsLog(const MetricsLog&) = delete;
  MetricsLog& operator=(const MetricsLog&) = delete;

  /// Throws Error{Io}.
  void append(const Json& line);
  /// Makes all lines safe on disk; call before a checkpoint is published. Throws Error{Io}.
  void sync();

 private:
  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace yates::train
