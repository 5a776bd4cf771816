// SPDX-License-Identifier: Apache-2.0
// The image of a sample as the augmentations see it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace yates::io {

/// A float image (C, D, H, W), x fastest; not owned.
struct PatchView {
  std::span<float> voxels;
  std::array<std::int64_t, 3> shape;  ///< (D, H, W)

  [[nodiscard]] std::size_t channel_size() const {
    return static_cast<std::size_t>(shape[0] * shape[1] * shape[2]);
  }
  [[nodiscard]] std::size_t channels() const { return voxels.size() / channel_size(); }
  [[nodiscard]] std::span<float> channel(std::size_t c) const {
    return voxels.subspan(c * channel_size(), channel_size());
  }
};

}  // namespace yates::io
