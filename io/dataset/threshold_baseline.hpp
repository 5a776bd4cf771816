// SPDX-License-Identifier: Apache-2.0
// Otsu's threshold as a way of finding the tumour (paper, G.5). The paper names FLAIR and no mask;
// what other readings give stands beside it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/shard/case_reader.hpp"

namespace yates::io {

/// Foreground is what lies above Otsu's threshold of one modality.
struct ThresholdRule {
  std::size_t channel;  ///< Of the modality.
  bool inside_brain;    ///< Its zeros are neither counted for the threshold nor foreground.
};

/// The first is the definition of `otsu` in `yates data stats`.
inline constexpr std::array<ThresholdRule, 5> kThresholdRules = {
    {{1, false}, {1, true}, {0, true}, {2, true}, {3, true}}};

/// In words, for tables.
std::string threshold_rule_text(const ThresholdRule& rule);

/// Scores of each case.
struct ThresholdValues {
  std::vector<double> iou_pct, recall_pct;
};

/// Adds one case: counts of the whole source volume or of the voxels that are not 0, 128 bins with
/// ITK's edges, threshold cut to a whole number for integral data; foreground against all labels.
void add_threshold_scores(const CaseReader& reader,
                          std::span<const std::uint8_t> labels,
                          std::array<ThresholdValues, kThresholdRules.size()>& values);

}  // namespace yates::io
