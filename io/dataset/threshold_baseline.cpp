// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/threshold_baseline.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "io/dataset/otsu.hpp"
#include "io/shard/modality.hpp"

namespace yates::io {
namespace {

constexpr std::int64_t kBins = 128;

double threshold_of(const std::vector<float>& modality,
                    const ThresholdRule& rule,
                    const CaseRecord& record) {
  const auto& [d, h, w] = record.source_shape;
  double threshold = 0;
  if (rule.inside_brain) {
    std::vector<float> brain;
    std::copy_if(modality.begin(), modality.end(), std::back_inserter(brain), [](float value) {
      return value != 0.0F;
    });
    threshold = brain.empty() ? 0 : otsu_threshold(brain, 0, kBins);
  } else {
    threshold = otsu_threshold(modality, d * h * w - record.voxels(), kBins);
  }
  return record.storage == Storage::Int16 ? std::trunc(threshold) : threshold;
}

}  // namespace

std::string threshold_rule_text(const ThresholdRule& rule) {
  return std::string(kModalityNames[rule.channel]) +
         (rule.inside_brain ? ", its voxels that are not 0" : ", whole source volume");
}

void add_threshold_scores(const CaseReader& reader,
                          std::span<const std::uint8_t> labels,
                          std::array<ThresholdValues, kThresholdRules.size()>& values) {
  for (std::size_t r = 0; r < kThresholdRules.size(); ++r) {
    const ThresholdRule& rule = kThresholdRules[r];
    const std::vector<float> modality = reader.read_modality(rule.channel);
    const double threshold = threshold_of(modality, rule, reader.record());
    std::int64_t both = 0;
    std::int64_t found = 0;
    std::int64_t wanted = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const bool is_foreground = static_cast<double>(modality[i]) > threshold &&
                                 (!rule.inside_brain || modality[i] != 0.0F);
      found += is_foreground ? 1 : 0;
      wanted += labels[i] != 0 ? 1 : 0;
      both += is_foreground && labels[i] != 0 ? 1 : 0;
    }
    const auto pct = [](std::int64_t part, std::int64_t whole) {
      return whole > 0 ? 100 * static_cast<double>(part) / static_cast<double>(whole) : 100.0;
    };
    values[r].iou_pct.push_back(pct(both, found + wanted - both));
    values[r].recall_pct.push_back(pct(both, wanted));
  }
}

}  // namespace yates::io
