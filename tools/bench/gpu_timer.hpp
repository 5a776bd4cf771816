// SPDX-License-Identifier: Apache-2.0
// Times work on a GPU by events, and prints the rows of the kernel table.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace yates::bench {

/// Median time in ms of `repetitions` runs on the default stream after 3 that are not counted.
double median_ms(const std::function<void()>& work, int repetitions = 20);

/// One row of the table. `bytes` is what the work must at least read and write once.
struct Row {
  std::string name;
  std::string shape;
  double ms = 0;
  double bytes = 0;
  double elements = 0;  ///< Tokens times channels times orders; 0 leaves the column out.
  bool repeats = true;  ///< Two runs gave equal bits.
};

/// Prints the head of the table and measures the copy that rows are compared with.
class KernelTable {
 public:
  KernelTable();
  void add(const Row& row);
  /// Rows whose bits did not repeat.
  [[nodiscard]] int failures() const { return failures_; }

 private:
  double copy_gb_per_s_;
  int failures_ = 0;
};

}  // namespace yates::bench
