// SPDX-License-Identifier: Apache-2.0
#include "kernels/volume/connected_components.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "base/error.hpp"

namespace yates::kernels {
namespace {

/// Union of provisional labels; the representative is the smallest, so the one met first.
class LabelUnion {
 public:
  std::int32_t add() {
    parents_.push_back(static_cast<std::int32_t>(parents_.size()));
    return parents_.back();
  }
  std::int32_t find(std::int32_t label) {
    while (parent(label) != label) {
      parent(label) = parent(parent(label));
      label = parent(label);
    }
    return label;
  }
  std::int32_t join(std::int32_t a, std::int32_t b) {
    const std::int32_t root_a = find(a);
    const std::int32_t root_b = find(b);
    const std::int32_t root = std::min(root_a, root_b);
    parent(root_a) = root;
    parent(root_b) = root;
    return root;
  }
  /// Replaces each provisional label by its final number; returns the number of components.
  std::int32_t number() {
    std::int32_t count = 0;
    for (std::size_t label = 1; label < parents_.size(); ++label) {
      const auto own = static_cast<std::int32_t>(label);
      parents_[label] = parents_[label] == own ? ++count : parent(parents_[label]);
    }
    return count;
  }
  std::int32_t operator[](std::int32_t label) { return parent(label); }

 private:
  std::int32_t& parent(std::int32_t label) { return parents_[static_cast<std::size_t>(label)]; }

  std::vector<std::int32_t> parents_ = {0};
};

/// One of the 13 neighbours that come before a voxel in (z, y, x) order.
struct Earlier {
  std::int64_t dz;
  std::int64_t dy;
  std::int64_t dx;
};

std::vector<Earlier> earlier_neighbours() {
  std::vector<Earlier> result;
  for (std::int64_t dz = -1; dz <= 0; ++dz) {
    for (std::int64_t dy = -1; dy <= 1; ++dy) {
      for (std::int64_t dx = -1; dx <= 1; ++dx) {
        if (dz * 9 + dy * 3 + dx < 0) {
          result.push_back({dz, dy, dx});
        }
      }
    }
  }
  return result;
}

bool inside(std::int64_t position, std::int64_t length) {
  return position >= 0 && position < length;
}

}  // namespace

std::int32_t connected_components(const std::uint8_t* mask,
                                  const Shape3& shape,
                                  std::int32_t* labels) {
  const std::int64_t depth = shape[0];
  const std::int64_t height = shape[1];
  const std::int64_t width = shape[2];
  YATES_ASSERT(voxel_count(shape) < std::numeric_limits<std::int32_t>::max(), "too large");
  const std::vector<Earlier> neighbours = earlier_neighbours();
  LabelUnion labels_union;
  const auto provisional = [&](std::int64_t z, std::int64_t y, std::int64_t x) {
    std::int32_t label = 0;
    for (const auto& [dz, dy, dx] : neighbours) {
      if (!inside(z + dz, depth) || !inside(y + dy, height) || !inside(x + dx, width)) {
        continue;
      }
      const std::int32_t other = labels[((z + dz) * height + y + dy) * width + x + dx];
      if (other != 0 && other != label) {
        label = label == 0 ? other : labels_union.join(label, other);
      }
    }
    return label != 0 ? label : labels_union.add();
  };
  for (std::int64_t z = 0; z < depth; ++z) {
    for (std::int64_t y = 0; y < height; ++y) {
      const std::int64_t row = (z * height + y) * width;
      for (std::int64_t x = 0; x < width; ++x) {
        labels[row + x] = mask[row + x] == 0 ? 0 : provisional(z, y, x);
      }
    }
  }
  const std::int32_t count = labels_union.number();
  for (std::int64_t voxel = 0; voxel < voxel_count(shape); ++voxel) {
    labels[voxel] = labels_union[labels[voxel]];
  }
  return count;
}

}  // namespace yates::kernels
