// SPDX-License-Identifier: Apache-2.0
// The declared looks of a study at its results so far, and whether the results stand at one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "launcher/study/sequential.hpp"
#include "launcher/study/study_data.hpp"

namespace yates::study {

/// Which looks there are and in which order seeds count.
struct LooksRequest {
  PrimaryContrast primary = {};
  SequentialPlan plan = {};
  std::vector<std::int64_t> seeds = {};  ///< Declared order.
  bool finished = false;                 ///< No further run will come: the last look is now.
};

/// The looks at the results so far.
struct Looks {
  LookModel model = {};
  std::vector<LookResult> results = {};  ///< Planned looks; at the end one more if `unplanned`.
  std::size_t complete = 0;              ///< Seeds with a result in every arm of the contrast.
  /// Why an analysis now would be a look that was not declared; empty if it is a declared one, or
  /// some look has stopped the study before.
  std::string unplanned = {};

  /// True if a bound was crossed.
  [[nodiscard]] bool crossed() const;
  /// True if the rule of the study says that no further seed is needed.
  [[nodiscard]] bool ended() const;
};

/// Evaluates the looks by the statistic of the declared method (see `look_model`; "auto" is the
/// rule of `headline_method` for the declared number of seeds). Each look sees the first n complete
/// seeds in declared order. A finished study with fewer complete seeds than its last look spends
/// the rest of alpha on those it has. Nothing where the data lack the primary metric and region.
/// Throws Error{BadConfig} like parse_contrast.
std::optional<Looks> evaluate_study_looks(const StudyData& data, const LooksRequest& request);

}  // namespace yates::study
