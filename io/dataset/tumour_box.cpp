// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/tumour_box.hpp"

#include <algorithm>

namespace yates::io {
namespace {

constexpr std::int64_t kMargin = 8;
constexpr std::int64_t kAlign = 16;

using Bounds = std::array<std::array<std::int64_t, 2>, 3>;

/// The box of all labels above 0 within `part` of a volume; high 0 along z without any.
Bounds tight_bounds(std::span<const std::uint8_t> labels,
                    const std::array<std::int64_t, 3>& shape,
                    const Bounds& part) {
  Bounds tight = {{{part[0][1], 0}, {part[1][1], 0}, {part[2][1], 0}}};
  const auto grow = [&](std::size_t axis, std::int64_t at) {
    tight[axis][0] = std::min(tight[axis][0], at);
    tight[axis][1] = std::max(tight[axis][1], at + 1);
  };
  const auto is_tumour = [](std::uint8_t label) { return label != 0; };
  for (std::int64_t z = part[0][0]; z < part[0][1]; ++z) {
    for (std::int64_t y = part[1][0]; y < part[1][1]; ++y) {
      const auto row = labels.begin() + (z * shape[1] + y) * shape[2];
      const auto first = std::find_if(row + part[2][0], row + part[2][1], is_tumour);
      if (first == row + part[2][1]) {
        continue;
      }
      std::int64_t last = part[2][1] - 1;
      while (row[last] == 0) {
        --last;
      }
      grow(0, z);
      grow(1, y);
      grow(2, first - row);
      grow(2, last);
    }
  }
  return tight;
}

double share(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

/// The levels of a tight box in a window.
TumourBox levels(const Bounds& tight, const std::array<std::int64_t, 3>& side) {
  TumourBox box;
  box.tight_ratio = box.margin8_ratio = box.aligned_ratio = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto [low, high] = tight[axis];
    box.tight[axis] = tight[axis];
    box.margin8[axis] = {std::max<std::int64_t>(0, low - kMargin),
                         std::min(side[axis], high + kMargin)};
    const std::int64_t margin = box.margin8[axis][1] - box.margin8[axis][0];
    box.aligned[axis] = std::min(side[axis], (margin + kAlign - 1) / kAlign * kAlign);
    box.tight_ratio *= share(high - low, side[axis]);
    box.margin8_ratio *= share(margin, side[axis]);
    box.aligned_ratio *= share(box.aligned[axis], side[axis]);
  }
  return box;
}

}  // namespace

std::array<std::int64_t, 3> TumourBox::aligned_low(
    const std::array<std::int64_t, 3>& window_side) const {
  std::array<std::int64_t, 3> result{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::int64_t side = margin8[axis][1] - margin8[axis][0];
    result[axis] = std::clamp<std::int64_t>(
        margin8[axis][0] - (aligned[axis] - side) / 2, 0, window_side[axis] - aligned[axis]);
  }
  return result;
}

TumourBox tumour_box(std::span<const std::uint8_t> labels,
                     const std::array<std::int64_t, 3>& shape) {
  const Bounds all = {{{0, shape[0]}, {0, shape[1]}, {0, shape[2]}}};
  const Bounds tight = tight_bounds(labels, shape, all);
  return tight[0][1] == 0 ? TumourBox{} : levels(tight, shape);
}

TumourBox tumour_box_in(std::span<const std::uint8_t> labels,
                        const std::array<std::int64_t, 3>& shape,
                        const TumourBox& whole,
                        const LabelWindow& window) {
  Bounds part{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    part[axis] = {std::max(whole.tight[axis][0], window.low[axis]),
                  std::min(whole.tight[axis][1], window.low[axis] + window.side[axis])};
    if (part[axis][0] >= part[axis][1]) {
      return {};
    }
  }
  Bounds tight = tight_bounds(labels, shape, part);
  if (tight[0][1] == 0) {
    return {};
  }
  for (std::size_t axis = 0; axis < 3; ++axis) {
    tight[axis][0] -= window.low[axis];
    tight[axis][1] -= window.low[axis];
  }
  return levels(tight, window.side);
}

}  // namespace yates::io
