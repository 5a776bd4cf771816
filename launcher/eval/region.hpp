// SPDX-License-Identifier: Apache-2.0
// The regions that are scored: unions of the labels 1 NCR, 2 ED, 3 ET.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace yates::eval {

/// Whole tumour {1, 2, 3}, tumour core {1, 3}, enhancing tumour {3}.
enum class Region : std::size_t { WT, TC, ET };

inline constexpr std::array<Region, 3> kRegions = {Region::WT, Region::TC, Region::ET};

constexpr const char* region_name(Region region) {
  constexpr std::array<const char*, 3> kNames = {"WT", "TC", "ET"};
  return kNames[static_cast<std::size_t>(region)];
}

/// Whether a voxel of this label belongs to the region.
constexpr bool in_region(std::uint8_t label, Region region) {
  switch (region) {
    case Region::WT: return label >= 1 && label <= 3;
    case Region::TC: return label == 1 || label == 3;
    case Region::ET: return label == 3;
  }
  return false;
}

}  // namespace yates::eval
