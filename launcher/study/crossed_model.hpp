// SPDX-License-Identifier: Apache-2.0
// The mixed model of a study scored on the same cases: cells fixed; seed, run, case, cell:case and
// seed:case random. Gives the three inference targets: new seeds, new patients, both.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "launcher/study/anova.hpp"
#include "launcher/study/contrast.hpp"
#include "launcher/study/t_inference.hpp"

namespace yates::study {

/// Values per run and case. Runs are any subset of cells x seeds, each at most once.
struct CrossedData {
  std::size_t cells = 0;
  std::vector<std::size_t> cell;            ///< Per run.
  std::vector<std::int64_t> seed;           ///< Per run.
  std::vector<std::vector<double>> values;  ///< [run][case]; all runs have the same cases.
};

struct CrossedComponents {
  double seed = 0;
  double case_ = 0;
  double run = 0;  ///< cell:seed
  double cell_case = 0;
  double seed_case = 0;
  double residual = 0;
};

enum class Target { Seeds, Patients, Both };

/// The name used in files: seeds, patients, both.
std::string to_string(Target target);

/// The fitted model. Complete tables have the closed form of the mean squares where no component is
/// negative, else REML of their mean squares; all others are fitted by REML, with the cases rotated
/// into their mean and K - 1 contrasts so that matrices have one row per run only. New seeds on the
/// same cases are judged by the mean square cell:seed, in incomplete tables by the random block
/// model of the runs' means.
class CrossedModel {
 public:
  /// Nothing for fewer than two seeds, two cases, two cells, or no degree of freedom for runs.
  static std::optional<CrossedModel> fit(const CrossedData& data);

  /// The contrast with its standard error for a target; Satterthwaite's degrees of freedom (exact
  /// for the first two targets of complete tables). Nothing if a needed cell has no run.
  [[nodiscard]] std::optional<Estimate> estimate(const Contrast& contrast, Target target) const;

  [[nodiscard]] const CrossedComponents& components() const { return components_; }
  /// -2 log restricted likelihood; NaN where the closed form was used.
  [[nodiscard]] double criterion() const { return criterion_; }
  /// Lines seed, case, cell:seed, cell:case, seed:case, residual, total; empty unless complete.
  [[nodiscard]] const std::vector<AnovaRow>& strata() const { return strata_; }

  /// Fits by REML even where the closed form exists; for tests.
  static std::optional<CrossedModel> fit_by_reml(const CrossedData& data);

 private:
  struct Solution;
  CrossedComponents components_;
  double criterion_ = 0;
  std::vector<AnovaRow> strata_;
  std::shared_ptr<const Solution> solution_;
};

}  // namespace yates::study
