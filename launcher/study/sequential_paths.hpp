// SPDX-License-Identifier: Apache-2.0
// Simulated studies that grow seed by seed: the contrast and its error estimate at every look.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/random.hpp"

namespace yates::study {

/// One study in which the contrast of each seed is normal with mean `shift` and variance 1, and its
/// error is pooled over `components` orthogonal contrasts of equal variance (one of them this).
class SeedPath {
 public:
  /// `purpose` and `draw` key the randomness.
  SeedPath(std::string_view purpose, std::uint64_t draw, std::size_t components, double shift);

  /// Adds seeds until there are n >= 2.
  void grow(std::int64_t n);

  [[nodiscard]] double mean() const { return mean_; }
  /// Standard error of the mean.
  [[nodiscard]] double se() const;
  [[nodiscard]] double statistic() const { return mean_ / se(); }
  /// components (n - 1).
  [[nodiscard]] double df() const;

 private:
  void add();

  RandomStream contrast_;
  RandomStream error_;
  std::size_t components_;
  double shift_;
  std::int64_t n_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

/// Calls `part(begin, end)` for consecutive parts of [0, count) on the processor's threads and
/// waits for all. The parts do not depend on the number of threads.
void for_parts(std::size_t count, const std::function<void(std::size_t, std::size_t)>& part);

}  // namespace yates::study
