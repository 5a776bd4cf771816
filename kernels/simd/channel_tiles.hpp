// SPDX-License-Identifier: Apache-2.0
// Loops over blocks of rows, row = the channels of one voxel, with values per channel read from
// tiles: as many repetitions of the channels as fill whole vectors on every instruction set.
// For the *_simd.cpp files only (kernels/simd/lanes.hpp).
#pragma once

#include "kernels/simd/channel_rows.hpp"
#include "kernels/simd/lanes.hpp"

namespace yates::kernels::YATES_SIMD {

inline constexpr std::int64_t kTileVectors = kTileAlign / kLanes;

/// N tiles of sums over a block of `count` floats of term(place in the block, place in the tile,
/// lanes, values). The last tile may be short: its missing lanes must add nothing.
template <int N, typename Term>
void tile_sums(const ChannelBlock& block, float* const (&sums)[N], const Term& term) {
  for (std::int64_t first = 0; first < block.tile; first += kTileAlign) {
    Lanes totals[N][kTileVectors] = {};
    std::int64_t i = first;
    for (; i + kTileAlign <= block.count; i += block.tile) {
      for (std::int64_t v = 0; v < kTileVectors; ++v) {
        Lanes values[N];
        term(i + v * kLanes, first + v * kLanes, kLanes, values);
        for (int n = 0; n < N; ++n) {
          totals[n][v] += values[n];
        }
      }
    }
    for (std::int64_t v = 0; v < kTileVectors && i + v * kLanes < block.count; ++v) {
      Lanes values[N];
      term(i + v * kLanes, first + v * kLanes, block.count - i - v * kLanes, values);
      for (int n = 0; n < N; ++n) {
        totals[n][v] += values[n];
      }
    }
    for (int n = 0; n < N; ++n) {
      for (std::int64_t v = 0; v < kTileVectors; ++v) {
        store(sums[n] + first + v * kLanes, totals[n][v]);
      }
    }
  }
}

/// body(place in the block, place in the tile, lanes) for all of the block.
template <typename Body>
void for_each_vector(const ChannelBlock& block, const Body& body) {
  for (std::int64_t first = 0; first < block.count; first += block.tile) {
    const std::int64_t left = block.count - first;
    const std::int64_t limit = left < block.tile ? left : block.tile;
    std::int64_t t = 0;
    for (; t + kLanes <= limit; t += kLanes) {
      body(first + t, t, kLanes);
    }
    if (t < limit) {
      body(first + t, t, limit - t);
    }
  }
}

}  // namespace yates::kernels::YATES_SIMD
