// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "io/augment/spatial.hpp"

namespace yates::io {
namespace {

/// The eight voxels around a source coordinate and the part of it each has.
struct Cell {
  std::array<std::uint8_t, 8> labels;
  std::array<double, 8> weights;
};

std::uint8_t decide(const Cell& cell) {
  std::uint8_t best = 0;
  for (const std::uint8_t label : cell.labels) {
    if (label <= best) {
      continue;
    }
    double share = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      share += cell.labels[i] == label ? cell.weights[i] : 0;
    }
    best = share >= 0.5 ? label : best;
  }
  return best;
}

class LabelVolume {
 public:
  LabelVolume(const std::uint8_t* labels, const std::array<std::int64_t, 3>& shape)
      : labels_(labels), shape_(shape) {}

  /// The label at a source coordinate; 0 outside.
  [[nodiscard]] std::uint8_t at(const std::array<double, 3>& source) const {
    std::array<std::int64_t, 3> low{};
    std::array<std::int64_t, 3> step{};
    const std::array<std::int64_t, 3> stride = {shape_[1] * shape_[2], shape_[2], 1};
    std::int64_t corner = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (!(source[axis] >= 0 && source[axis] <= static_cast<double>(shape_[axis] - 1))) {
        return 0;
      }
      low[axis] = static_cast<std::int64_t>(source[axis]);
      step[axis] = low[axis] + 1 < shape_[axis] ? stride[axis] : 0;
      corner += low[axis] * stride[axis];
    }
    Cell cell{};
    unsigned different = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      const std::int64_t z = (i & 4U) != 0 ? step[0] : 0;
      const std::int64_t y = (i & 2U) != 0 ? step[1] : 0;
      const std::int64_t x = (i & 1U) != 0 ? step[2] : 0;
      cell.labels[i] = labels_[corner + z + y + x];
      different |= cell.labels[i] ^ static_cast<unsigned>(cell.labels[0]);
    }
    if (different == 0) {
      return cell.labels[0];
    }
    for (std::size_t i = 0; i < 8; ++i) {
      cell.weights[i] = 1;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const double t = source[axis] - static_cast<double>(low[axis]);
        cell.weights[i] *= ((i >> (2 - axis)) & 1U) != 0 ? t : 1 - t;
      }
    }
    return decide(cell);
  }

 private:
  const std::uint8_t* labels_;
  std::array<std::int64_t, 3> shape_;
};

}  // namespace

void warp_labels(std::span<std::uint8_t> labels,
                 const std::array<std::int64_t, 3>& shape,
                 const AffineMap& map) {
  thread_local std::vector<std::uint8_t> original;
  original.assign(labels.begin(), labels.end());
  const LabelVolume volume(original.data(), shape);
  auto out = labels.begin();
  for (std::int64_t z = 0; z < shape[0]; ++z) {
    for (std::int64_t y = 0; y < shape[1]; ++y) {
      for (std::int64_t x = 0; x < shape[2]; ++x) {
        *out++ = volume.at(
            map.source(static_cast<double>(z), static_cast<double>(y), static_cast<double>(x)));
      }
    }
  }
}

}  // namespace yates::io
