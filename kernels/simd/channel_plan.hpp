// SPDX-License-Identifier: Apache-2.0
// How volumes are cut into blocks of rows and summed over them (kernels/simd/channel_rows.hpp).
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <vector>

#include "kernels/simd/channel_rows.hpp"
#include "kernels/simd/channel_slices.hpp"
#include "kernels/simd/parallel.hpp"

namespace yates::kernels {

/// Volumes as independent problems: every sample, or in channels-first every plane.
struct ChannelPlan {
  std::int64_t problems = 0;
  std::int64_t rows = 0;
  std::int64_t channels = 0;
  std::int64_t tile = 0;        ///< Floats.
  std::int64_t block_rows = 0;  ///< A multiple of the rows of a tile.
  std::int64_t blocks = 0;

  ChannelPlan(VolumeLayout layout,
              std::int64_t batch,
              std::int64_t channel_count,
              std::int64_t voxels) {
    constexpr std::int64_t kBlockFloats = 8192;
    constexpr std::int64_t kFewestRows = 32;
    const bool last = layout == VolumeLayout::ChannelsLast;
    problems = last ? batch : batch * channel_count;
    rows = voxels;
    channels = last ? channel_count : 1;
    const std::int64_t tile_rows = kTileAlign / std::gcd(channels, kTileAlign);
    tile = tile_rows * channels;
    block_rows = round_up(std::max(kFewestRows, kBlockFloats / channels), tile_rows);
    blocks = divide_up(rows, block_rows);
  }

  [[nodiscard]] std::int64_t rows_of(std::int64_t block) const {
    return std::min(block_rows, rows - block * block_rows);
  }
  /// Of the first element of a block.
  [[nodiscard]] std::int64_t place(std::int64_t problem, std::int64_t block) const {
    return (problem * rows + block * block_rows) * channels;
  }
  [[nodiscard]] ChannelBlock block(std::int64_t index) const {
    return {.count = rows_of(index) * channels, .tile = tile};
  }
  /// Planes stay in one thread, which finds them in its cache again; samples are cut into blocks.
  void for_each_problem(
      const ParallelRunner& parallel,
      const std::function<void(std::int64_t problem, const ParallelRunner& inner)>& body) const {
    if (channels > 1 || problems == 1) {
      run_serially(problems, [&](std::int64_t problem) { body(problem, parallel); });
    } else {
      parallel(problems, [&](std::int64_t problem) { body(problem, run_serially); });
    }
  }
  /// The sum of a tile's places of one channel.
  [[nodiscard]] double channel_sum(const float* sums, std::int64_t channel) const {
    double total = 0;
    for (std::int64_t t = channel; t < tile; t += channels) {
      total += static_cast<double>(sums[t]);
    }
    return total;
  }
  /// A value per channel, repeated over a tile.
  [[nodiscard]] std::vector<float> tile_of(const float* values) const {
    std::vector<float> repeated(static_cast<std::size_t>(tile));
    for (std::int64_t first = 0; first < tile; first += channels) {
      std::copy(values, values + channels, repeated.begin() + first);
    }
    return repeated;
  }
};

/// Values per block of one problem, in double: (block, kind, channel).
class BlockSums {
 public:
  BlockSums(const ChannelPlan& plan, std::int64_t kinds)
      : blocks_(plan.blocks),
        kinds_(kinds),
        channels_(plan.channels),
        values_(static_cast<std::size_t>(plan.blocks * kinds * plan.channels)) {}

  double& at(std::int64_t block, std::int64_t kind, std::int64_t channel) {
    return values_[static_cast<std::size_t>((block * kinds_ + kind) * channels_ + channel)];
  }
  /// Over all blocks, in their order.
  double total(std::int64_t kind, std::int64_t channel) {
    double sum = 0;
    for (std::int64_t block = 0; block < blocks_; ++block) {
      sum += at(block, kind, channel);
    }
    return sum;
  }

 private:
  std::int64_t blocks_, kinds_, channels_;
  std::vector<double> values_;
};

}  // namespace yates::kernels
