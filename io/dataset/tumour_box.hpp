// SPDX-License-Identifier: Apache-2.0
// The box of the tumour at the paper's three levels (Tables 15 to 17), in a volume or a window.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace yates::io {

/// A part of a volume of labels; it may reach outside, where there is no label.
struct LabelWindow {
  std::array<std::int64_t, 3> low{};   ///< First voxel (z, y, x).
  std::array<std::int64_t, 3> side{};  ///< Voxels along z, y, x.
};

/// The box of the tumour in a window, in the window's coordinates. Ratios are to the window.
struct TumourBox {
  std::array<std::array<std::int64_t, 2>, 3> tight{};    ///< [low, high) along z, y, x.
  std::array<std::array<std::int64_t, 2>, 3> margin8{};  ///< 8 voxels more per side, clamped.
  /// Sides of `margin8` grown to multiples of 16, at most those of the window.
  std::array<std::int64_t, 3> aligned{};
  double tight_ratio = 0;
  double margin8_ratio = 0;
  double aligned_ratio = 0;

  [[nodiscard]] bool empty() const { return tight[0][1] == 0; }
  /// First voxel of the aligned box: `margin8` grown alike on either side, then shifted into the
  /// window.
  [[nodiscard]] std::array<std::int64_t, 3> aligned_low(
      const std::array<std::int64_t, 3>& window_side) const;
};

/// The box of all labels above 0 in a (D, H, W) volume. Zeros without any.
TumourBox tumour_box(std::span<const std::uint8_t> labels,
                     const std::array<std::int64_t, 3>& shape);

/// Likewise in a window of the volume whose own box is `whole`: only that is searched.
TumourBox tumour_box_in(std::span<const std::uint8_t> labels,
                        const std::array<std::int64_t, 3>& shape,
                        const TumourBox& whole,
                        const LabelWindow& window);

}  // namespace yates::io
