// SPDX-License-Identifier: Apache-2.0
// Smooth random fields: independent normal numbers on a lattice, interpolated between its nodes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.hpp"

namespace yates::io {

/// A box of voxels and the size of a voxel in the phantom's own millimetres.
struct PhantomGrid {
  std::array<std::int64_t, 3> size;  ///< (D, H, W)
  std::array<double, 3> pitch_mm;    ///< (z, y, x)
};

/// A field over a grid; N(0, 1) at the nodes, trilinear in smoothstep weights between them.
class LatticeNoise {
 public:
  /// `cell_mm` is the distance of neighbouring nodes. The lattice starts at a random offset.
  LatticeNoise(const PhantomGrid& grid, double cell_mm, RandomStream random);

  /// The field at the voxels x0 ... x0 + out.size() - 1 of row (z, y).
  void row(std::int64_t z, std::int64_t y, std::int64_t x0, std::span<float> out) const;

  /// The field at one voxel; the same value as `row` gives.
  [[nodiscard]] float at(std::int64_t z, std::int64_t y, std::int64_t x) const;

 private:
  /// Lower node and weight of the upper node for a coordinate along an axis.
  struct Tap {
    std::uint32_t node;
    float weight;
  };

  std::array<std::vector<Tap>, 3> taps_;  ///< Per axis, per voxel.
  std::array<std::size_t, 3> nodes_{};
  std::vector<float> values_;  ///< (nodes z, nodes y, nodes x)
};

}  // namespace yates::io
