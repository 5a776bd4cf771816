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
#include "io/dataset/manifest.hpp"

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

/// The box of the tumour in a volume, at the paper's three levels. Ratios are to the volume.
struct TumourBox {
  std::array<std::array<std::int64_t, 2>, 3> tight{};    ///< [low, high) along z, y, x.
  std::array<std::array<std::int64_t, 2>, 3> margin8{};  ///< 8 voxels more per side, clamped.
  /// Sides of `margin8` grown to multiples of 16, at most those of the volume.
  std::array<std::int64_t, 3> aligned{};
  double tight_ratio = 0;
  double margin8_ratio = 0;
  double aligned_ratio = 0;
};

/// The box of all labels above 0 in a (D, H, W) volume. Zeros without any.
TumourBox tumour_box(std::span<const std::uint8_t> labels,
                     const std::array<std::int64_t, 3>& shape);

/// Starts of windows of `patch` voxels at half overlap along an axis of `size` voxels; the last is
/// moved back to end with the volume.
std::vector<std::int64_t> window_starts(std::int64_t size, std::int64_t patch);

/// What is measured of every case, one value each unless said.
struct DataValues {
  std::vector<double> foreground_pct;
  /// Ratios of the tumour's boxes to the volume, and sides; only cases with tumour.
  std::vector<double> tight, margin8, aligned;
  std::array<std::vector<double>, 3> aligned_sides;  ///< Voxels along z, y, x.
  std::array<std::vector<double>, 3> label_voxels;   ///< Of NCR, ED, ET.
  std::vector<double> otsu_iou_pct, otsu_recall_pct;
  std::vector<double> patches_per_case;
  std::vector<double> patch_ratio;  ///< Aligned box in each window with tumour, of its volume.
  std::int64_t windows = 0;
};

/// Measures every case of a data set. Throws Error{BadData} for damaged shards. Deterministic.
DataValues measure_data(const std::filesystem::path& dir, const Manifest& manifest);

/// Adds one case's labels, (D, H, W) of the cropped volume: all but Otsu's scores.
void add_labels(DataValues& values,
                std::span<const std::uint8_t> labels,
                const std::array<std::int64_t, 3>& shape);

/// Measures the label maps of a set made by `yates data phantom --labels-only`: folders CASE with
/// CASE-seg.nii.gz and CASE-crop.json. Throws Error{InputMissing}, Error{BadData}. Deterministic.
DataValues measure_label_maps(const std::filesystem::path& dir);

/// The object of `yates data stats --json`; "otsu" is null without images.
Json statistics_json(const DataValues& values);

/// Both in one.
Json data_statistics(const std::filesystem::path& dir, const Manifest& manifest);

}  // namespace yates::io
