// SPDX-License-Identifier: Apache-2.0
// How much of an inference window the tumour takes (Table 18). The paper's 54 patches a case follow
// from no rule of sliding windows, so the rules that its words allow stand side by side. All four
// of its figures are near to those of AlignedBox, read as the windows of all 50 cases and the box's
// share of the stored volume.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "io/dataset/tumour_box.hpp"

namespace yates::io {

inline constexpr std::int64_t kWindowSide = 128;

/// Where windows of 128^3 at half overlap are laid.
enum class WindowRule {
  StoredVolume,  ///< Over the stored volume, the last moved back to end with it: as `predict` does.
  SourceVolume,  ///< Likewise over the whole source volume.
  CutAtTheEdge,  ///< Over the stored volume every 64 voxels, the last ones cut off.
  AlignedBox     ///< Over the tumour's aligned box alone.
};
inline constexpr std::array kWindowRules = {WindowRule::StoredVolume,
                                            WindowRule::SourceVolume,
                                            WindowRule::CutAtTheEdge,
                                            WindowRule::AlignedBox};

/// In words, for tables.
const char* window_rule_text(WindowRule rule);

/// Where a stored volume lies in its source.
struct StoredVolume {
  std::array<std::int64_t, 3> shape{};         ///< (D, H, W)
  std::array<std::int64_t, 3> source_shape{};  ///< Of the source volume.
  std::array<std::int64_t, 3> source_low{};    ///< Its first voxel there.
};

/// Starts of windows of `patch` voxels at half overlap along an axis of `size` voxels; the last is
/// moved back to end with the volume.
std::vector<std::int64_t> window_starts(std::int64_t size, std::int64_t patch);

/// The windows that a rule lays, in coordinates of the stored volume; none where it needs a tumour
/// and there is none.
std::vector<LabelWindow> windows_of(WindowRule rule,
                                    const StoredVolume& volume,
                                    const TumourBox& tumour);

/// What the windows of one rule show.
struct WindowValues {
  std::vector<double> per_case;      ///< Windows of each case.
  std::vector<double> ratio;         ///< Aligned box in each window with tumour, of 128^3 voxels.
  std::vector<double> volume_ratio;  ///< Likewise, of the stored volume.
  std::int64_t windows = 0;
};

/// Adds the windows of one case.
void add_windows(WindowRule rule,
                 std::span<const std::uint8_t> labels,
                 const StoredVolume& volume,
                 const TumourBox& tumour,
                 WindowValues& values);

}  // namespace yates::io
