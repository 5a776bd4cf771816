// SPDX-License-Identifier: Apache-2.0
// Finds the k-th voxel of a label fast: counts per slice, kept once per case, then a scan of one
// slice. 12 bytes per slice instead of a list of all labelled voxels.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace yates::io {

/// Labels that mark tumour: 1 NCR, 2 ED, 3 ET.
inline constexpr std::size_t kTumourLabels = 3;

/// Where the voxels of each label lie in one case, by slice. Immutable: safe from several threads.
class LabelIndex {
 public:
  /// `labels` is (D, H, W), x fastest. Throws Error{BadData} if its size is not D*H*W.
  LabelIndex(std::span<const std::uint8_t> labels, std::array<std::int64_t, 3> shape);

  /// Voxels of labels 1, 2, 3.
  [[nodiscard]] std::array<std::int64_t, kTumourLabels> counts() const;

  /// Where the k-th voxel of `label` (1..3) in C order lies, k from 0.
  struct Place {
    std::int64_t z;
    std::int64_t rank;  ///< Among the voxels of this label in slice z, from 0.
  };
  /// Precondition: k < counts()[label - 1].
  [[nodiscard]] Place locate(std::uint8_t label, std::int64_t k) const;

 private:
  std::array<std::vector<std::uint32_t>, kTumourLabels> per_slice_;
};

/// (y, x) of the voxel number `rank` of `label` in one slice (H, W) of `width` W. Throws
/// Error{Internal} if the slice has fewer.
std::array<std::int64_t, 2> voxel_in_slice(std::span<const std::uint8_t> slice,
                                           std::int64_t width,
                                           std::uint8_t label,
                                           std::int64_t rank);

}  // namespace yates::io
