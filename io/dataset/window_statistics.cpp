// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/window_statistics.hpp"

#include <algorithm>

namespace yates::io {
namespace {

std::vector<std::int64_t> cut_starts(std::int64_t size) {
  std::vector<std::int64_t> starts;
  for (std::int64_t start = 0; start < size; start += kWindowSide / 2) {
    starts.push_back(start);
  }
  return starts;
}

}  // namespace

const char* window_rule_text(WindowRule rule) {
  switch (rule) {
    case WindowRule::StoredVolume: return "over the stored volume, the last moved back";
    case WindowRule::SourceVolume: return "over the whole source volume, the last moved back";
    case WindowRule::CutAtTheEdge: return "over the stored volume every 64 voxels, the last cut";
    default: return "over the tumour's aligned box alone";
  }
}

std::vector<std::int64_t> window_starts(std::int64_t size, std::int64_t patch) {
  std::vector<std::int64_t> starts = {0};
  while (starts.back() + patch < size) {
    starts.push_back(std::min(starts.back() + patch / 2, size - patch));
  }
  return starts;
}

std::vector<LabelWindow> windows_of(WindowRule rule,
                                    const StoredVolume& volume,
                                    const TumourBox& tumour) {
  std::array<std::int64_t, 3> first{};  // Of the region, in the stored volume.
  std::array<std::int64_t, 3> size = volume.shape;
  if (rule == WindowRule::SourceVolume) {
    size = volume.source_shape;
    std::transform(
        volume.source_low.begin(), volume.source_low.end(), first.begin(), [](std::int64_t low) {
          return -low;
        });
  } else if (rule == WindowRule::AlignedBox) {
    if (tumour.empty()) {
      return {};
    }
    size = tumour.aligned;
    first = tumour.aligned_low(volume.shape);
  }
  std::array<std::vector<std::int64_t>, 3> starts;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    starts[axis] = rule == WindowRule::CutAtTheEdge ? cut_starts(size[axis])
                                                    : window_starts(size[axis], kWindowSide);
  }
  std::vector<LabelWindow> windows;
  for (const std::int64_t z : starts[0]) {
    for (const std::int64_t y : starts[1]) {
      for (const std::int64_t x : starts[2]) {
        windows.push_back({.low = {first[0] + z, first[1] + y, first[2] + x},
                           .side = {std::min(kWindowSide, size[0] - z),
                                    std::min(kWindowSide, size[1] - y),
                                    std::min(kWindowSide, size[2] - x)}});
      }
    }
  }
  return windows;
}

void add_windows(WindowRule rule,
                 std::span<const std::uint8_t> labels,
                 const StoredVolume& volume,
                 const TumourBox& tumour,
                 WindowValues& values) {
  const std::vector<LabelWindow> windows = windows_of(rule, volume, tumour);
  for (const LabelWindow& window : windows) {
    const TumourBox box = tumour_box_in(labels, volume.shape, tumour, window);
    if (!box.empty()) {
      const auto& [d, h, w] = box.aligned;
      const auto& [depth, height, width] = volume.shape;
      const auto voxels = static_cast<double>(d * h * w);
      values.ratio.push_back(voxels / static_cast<double>(kWindowSide * kWindowSide * kWindowSide));
      values.volume_ratio.push_back(voxels / static_cast<double>(depth * height * width));
    }
  }
  values.windows += static_cast<std::int64_t>(windows.size());
  values.per_case.push_back(static_cast<double>(windows.size()));
}

}  // namespace yates::io
