// SPDX-License-Identifier: Apache-2.0
// Collects the rows of a results table into runs.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/csv.hpp"
#include "launcher/study/design.hpp"
#include "launcher/study/results_columns.hpp"

namespace yates::study {

/// Cell and seed.
using RunKey = std::pair<std::size_t, std::int64_t>;

/// What the rows of one run say. `values[metric][region]` maps a case to its value (Dice in points)
/// and the row that holds it.
struct CollectedRun {
  std::string status = "ok";
  std::size_t first_row = 0;
  std::array<
      std::array<std::map<std::string, std::pair<double, std::size_t>>, eval::kRegionNames.size()>,
      kMetrics.size()>
      values;
};

using CollectedRuns = std::map<RunKey, CollectedRun>;

/// Collects the rows into runs; nothing is averaged yet. Borrows table, design and columns.
class ResultsCollector {
 public:
  ResultsCollector(const CsvTable& table, const Design& design, const ResultsColumns& columns);

  /// Throws Error{BadData} naming the line: unknown levels, regions or states, a value out of its
  /// range or twice for a run, a seed that is no whole number.
  void add(std::size_t row);

  CollectedRuns runs;

 private:
  std::size_t cell_of(std::size_t row);
  [[nodiscard]] std::int64_t seed_of(std::size_t row) const;
  [[nodiscard]] std::string status_of(std::size_t row) const;
  [[nodiscard]] std::size_t region_of(std::size_t row) const;
  void store(CollectedRun& run, std::size_t metric, std::size_t region, std::size_t row) const;

  const CsvTable& table_;
  const Design& design_;
  const ResultsColumns& columns_;
  std::vector<std::unordered_map<std::string, std::size_t>> level_index_;
  std::vector<std::size_t> level_buffer_;
  std::map<RunKey, CollectedRun*> index_;
};

}  // namespace yates::study
