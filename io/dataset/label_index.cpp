// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/label_index.hpp"

#include <numeric>

#include <fmt/format.h>

#include "base/error.hpp"

namespace yates::io {

LabelIndex::LabelIndex(std::span<const std::uint8_t> labels, std::array<std::int64_t, 3> shape) {
  const auto slice = static_cast<std::size_t>(shape[1] * shape[2]);
  const auto depth = static_cast<std::size_t>(shape[0]);
  if (labels.size() != depth * slice) {
    throw Error(ExitCode::BadData,
                Problem{.what = fmt::format("a label volume of {} voxels", labels.size()),
                        .where = "",
                        .allowed = fmt::format("{} x {} x {}", shape[0], shape[1], shape[2]),
                        .fix = ""});
  }
  for (auto& counts : per_slice_) {
    counts.resize(depth);
  }
  for (std::size_t z = 0; z < depth; ++z) {
    std::array<std::uint32_t, 256> histogram{};
    for (const std::uint8_t label : labels.subspan(z * slice, slice)) {
      ++histogram[label];
    }
    for (std::size_t i = 0; i < kTumourLabels; ++i) {
      per_slice_[i][z] = histogram[i + 1];
    }
  }
}

std::array<std::int64_t, kTumourLabels> LabelIndex::counts() const {
  std::array<std::int64_t, kTumourLabels> total{};
  for (std::size_t i = 0; i < kTumourLabels; ++i) {
    total[i] = std::accumulate(per_slice_[i].begin(), per_slice_[i].end(), std::int64_t{0});
  }
  return total;
}

LabelIndex::Place LabelIndex::locate(std::uint8_t label, std::int64_t k) const {
  YATES_ASSERT(label >= 1 && label <= kTumourLabels, "label {}", label);
  YATES_ASSERT(k >= 0 && k < counts()[label - 1U], "voxel {} of label {}", k, label);
  const std::vector<std::uint32_t>& counts = per_slice_[label - 1U];
  std::size_t z = 0;
  while (k >= counts[z]) {
    k -= counts[z++];
  }
  return {.z = static_cast<std::int64_t>(z), .rank = k};
}

std::array<std::int64_t, 2> voxel_in_slice(std::span<const std::uint8_t> slice,
                                           std::int64_t width,
                                           std::uint8_t label,
                                           std::int64_t rank) {
  for (std::size_t i = 0; i < slice.size(); ++i) {
    if (slice[i] == label && rank-- == 0) {
      const auto at = static_cast<std::int64_t>(i);
      return {at / width, at % width};
    }
  }
  throw_assertion("the index was built from these labels", __FILE__, __LINE__, "voxel not found");
}

}  // namespace yates::io
