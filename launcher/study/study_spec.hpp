// SPDX-License-Identifier: Apache-2.0
// What a study declares before any data exist: the design, and how it will be analysed. Filled from
// a study file by launcher/config; plain values only. Contract section 3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "launcher/study/factor.hpp"

namespace yates::study {

/// The question of the study: one contrast of arms in one metric and region, with its limits.
struct PrimaryContrast {
  std::string metric = "dice";   ///< dice, hd95_mm
  std::string region = "mean";   ///< WT, TC, ET, mean
  std::string contrast = {};     ///< Factor names joined by ':', e.g. "relocate:prune".
  Levels at = {};                ///< Levels of other factors; a factor left out is averaged over.
  std::string target = "seeds";  ///< New what: seeds, patients, both.
  double alpha = 0.05;           ///< In (0, 1).
  std::optional<double> delta = {};  ///< Equivalence margin: Dice points or mm; > 0.
  std::string method = "auto";       ///< auto, per_seed_t, blocked, pooled, welch, mixed.
};

/// Looks at the data while replicates still come in.
struct SequentialPlan {
  std::string spending = "obf";          ///< obf, pocock
  std::vector<std::int64_t> looks = {};  ///< Seeds per arm at each look, strictly ascending.
  std::optional<double> futility = {};   ///< Stop when the conditional power falls below.
};

struct StudySpec {
  std::string name = {};
  std::vector<Factor> factors = {};      ///< The order fixes signs and Yates order.
  std::vector<Levels> exclude = {};      ///< Partial cells that are not run.
  std::vector<std::int64_t> seeds = {};  ///< Blocks, shared by all arms; distinct.
  std::string convention = "segmamba";   ///< Metric convention of the analysis.
  std::vector<std::string> metrics = {"dice", "hd95_mm"};  ///< Analysed where present.
  std::optional<PrimaryContrast> primary = {};
  std::optional<SequentialPlan> sequential = {};
};

}  // namespace yates::study
