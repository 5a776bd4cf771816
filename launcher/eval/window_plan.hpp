// SPDX-License-Identifier: Apache-2.0
// Where the windows of a sliding-window prediction lie, and how their predictions are weighted.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace yates::eval {

using Size3 = std::array<std::int64_t, 3>;  ///< Voxels along (z, y, x).

/// Windows over a volume that is first padded with zeros to at least the size of one window.
struct WindowPlan {
  Size3 window{};
  Size3 pad_low{};            ///< Zeros before the volume: half of what is missing, rounded down.
  Size3 pad_high{};           ///< Zeros behind it.
  Size3 padded{};             ///< Size with padding.
  std::vector<Size3> starts;  ///< First voxel of each window in the padded volume; x fastest.
};

/// Plans windows of size `window` over a volume of `shape`: interval floor(window (1 - overlap)),
/// as many per axis as cover it, the last shifted back to end with the volume. `overlap` in [0, 1).
/// Source: MONAI `sliding_window_inference`.
WindowPlan plan_windows(const Size3& shape, const Size3& window, double overlap);

/// Gaussian weights (d, h, w) of a window: product over the axes of exp(-x^2 / 2 sigma^2), x from
/// the centre, sigma an eighth of the window; not below 1e-3. float32.
std::vector<float> gaussian_weights(const Size3& window);

}  // namespace yates::eval
