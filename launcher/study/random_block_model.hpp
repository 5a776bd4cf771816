// SPDX-License-Identifier: Apache-2.0
// The mixed model of one value per run: cells fixed, seeds (blocks) random. Uses also what blocks
// that lack some cells, or confound a contrast, tell about it.
#pragma once

#include <memory>
#include <optional>

#include "launcher/study/t_inference.hpp"

namespace yates::study {

/// value ~ cell + (1 | seed), fitted by REML.
class RandomBlockModel {
 public:
  /// Nothing without blocks, for fewer than two blocks or cells, for blocks of one run each, and
  /// where no degree of freedom is left.
  static std::optional<RandomBlockModel> fit(const RunTable& table);

  /// The contrast of the estimated cell means with Satterthwaite's degrees of freedom; nothing if
  /// a needed cell has no run.
  [[nodiscard]] std::optional<Estimate> estimate(const Contrast& contrast) const;

  /// Variance between seeds; zero on the boundary.
  [[nodiscard]] double seed_variance() const;
  /// Variance of runs within seeds.
  [[nodiscard]] double residual_variance() const;

 private:
  struct Solution;
  std::shared_ptr<const Solution> solution_;
};

}  // namespace yates::study
