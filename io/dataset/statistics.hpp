// SPDX-License-Identifier: Apache-2.0
// What a data set is like: the paper's Tables 2, 3 and 15 to 18, and a threshold as baseline.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "io/dataset/threshold_baseline.hpp"
#include "io/dataset/tumour_box.hpp"
#include "io/dataset/window_statistics.hpp"
#include "io/shard/manifest.hpp"

namespace yates::io {

/// Spread of one quantity over the cases.
struct DistributionSummary {
  double mean = 0;
  double std = 0;  ///< Population.
  double min = 0;
  double p25 = 0;  ///< Linear between order statistics, likewise p50 and p75.
  double p50 = 0;
  double p75 = 0;
  double max = 0;
};

/// Summary of values; all zeros without any.
DistributionSummary summarize(std::vector<double> values);

/// What is measured of every case, one value each unless said.
struct DataValues {
  std::vector<double> foreground_pct;
  /// Ratios of the tumour's boxes to the volume, and sides; only cases with tumour.
  std::vector<double> tight, margin8, aligned;
  std::array<std::vector<double>, 3> aligned_sides;                ///< Voxels along z, y, x.
  std::array<std::vector<double>, 3> label_voxels;                 ///< Of NCR, ED, ET.
  std::array<ThresholdValues, kThresholdRules.size()> thresholds;  ///< Empty without images.
  std::array<WindowValues, kWindowRules.size()> windows;
};

/// Measures every case of a data set. Throws Error{BadData} for damaged shards. Deterministic.
DataValues measure_data(const std::filesystem::path& dir, const Manifest& manifest);

/// Adds one case's labels, (D, H, W) of the cropped volume: all but Otsu's scores.
void add_labels(DataValues& values,
                std::span<const std::uint8_t> labels,
                const StoredVolume& volume);

/// Measures the label maps of a set made by `yates data phantom --labels-only`: folders CASE with
/// CASE-seg.nii.gz and CASE-crop.json. Throws Error{InputMissing}, Error{BadData}. Deterministic.
DataValues measure_label_maps(const std::filesystem::path& dir);

/// The object of `yates data stats --json`; "otsu" is null without images. "patches" and "otsu"
/// hold the figures of their first rule and, under "rules", of all.
Json statistics_json(const DataValues& values);

/// Both in one.
Json data_statistics(const std::filesystem::path& dir, const Manifest& manifest);

}  // namespace yates::io
