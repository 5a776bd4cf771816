// SPDX-License-Identifier: Apache-2.0
// Volumes as rows of channels on the CPU, in either layout: channels-first planes are rows of one
// channel. How the work is cut follows from the shape alone, so that no result depends on threads
// or batch.
#pragma once

#include <cstdint>

namespace yates::kernels {

/// How a volume lies in memory: (batch, channel, voxel) or (batch, voxel, channel).
enum class VolumeLayout { ChannelsFirst, ChannelsLast };

inline constexpr std::int64_t kTileAlign = 64;  ///< Floats; divides the size of every tile.

/// A block of whole rows, in floats.
struct ChannelBlock {
  std::int64_t count = 0;  ///< rows * channels
  std::int64_t tile = 0;   ///< A multiple of the channels and of kTileAlign.
};

}  // namespace yates::kernels
