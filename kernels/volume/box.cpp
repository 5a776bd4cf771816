// SPDX-License-Identifier: Apache-2.0
#include "kernels/volume/box.hpp"

#include <algorithm>
#include <cstring>

namespace yates::kernels {
namespace {

/// Whether any byte of a row is set; a plain reduction, so that the compiler can use wide words.
bool any_set(const std::uint8_t* row, std::int64_t width) {
  unsigned bits = 0;
  for (std::int64_t x = 0; x < width; ++x) {
    bits |= row[x];
  }
  return bits != 0;
}

void include_row(const std::uint8_t* row, std::int64_t width, Box3& box) {
  std::int64_t first = 0;
  while (row[first] == 0) {
    ++first;
  }
  std::int64_t last = width - 1;
  while (row[last] == 0) {
    --last;
  }
  box.low[2] = std::min(box.low[2], first);
  box.high[2] = std::max(box.high[2], last + 1);
}

void include_volume(const std::uint8_t* mask, const Shape3& shape, Box3& box) {
  const auto [depth, height, width] = shape;
  for (std::int64_t z = 0; z < depth; ++z) {
    const std::uint8_t* plane = mask + z * height * width;
    if (!any_set(plane, height * width)) {
      continue;
    }
    box.low[0] = std::min(box.low[0], z);
    box.high[0] = std::max(box.high[0], z + 1);
    for (std::int64_t y = 0; y < height; ++y) {
      const std::uint8_t* row = plane + y * width;
      if (any_set(row, width)) {
        box.low[1] = std::min(box.low[1], y);
        box.high[1] = std::max(box.high[1], y + 1);
        include_row(row, width, box);
      }
    }
  }
}

}  // namespace

Box3 bounding_box(const std::uint8_t* first, const std::uint8_t* second, const Shape3& shape) {
  Box3 box{.low = shape, .high = {0, 0, 0}};
  include_volume(first, shape, box);
  if (second != nullptr) {
    include_volume(second, shape, box);
  }
  return box.empty() ? Box3{} : box;
}

Box3 grown(const Box3& box, std::int64_t margin, const Shape3& shape) {
  Box3 result = box;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    result.low[axis] = std::max<std::int64_t>(0, box.low[axis] - margin);
    result.high[axis] = std::min(shape[axis], box.high[axis] + margin);
  }
  return result;
}

void copy_box(const std::uint8_t* volume,
              const Shape3& shape,
              const Box3& box,
              std::uint8_t* part) {
  const Shape3 size = box.shape();
  for (std::int64_t z = 0; z < size[0]; ++z) {
    for (std::int64_t y = 0; y < size[1]; ++y) {
      const std::int64_t row = (box.low[0] + z) * shape[1] + box.low[1] + y;
      std::memcpy(part, volume + row * shape[2] + box.low[2], static_cast<std::size_t>(size[2]));
      part += size[2];
    }
  }
}

}  // namespace yates::kernels
