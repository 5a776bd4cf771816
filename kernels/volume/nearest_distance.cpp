// SPDX-License-Identifier: Apache-2.0
#include "kernels/volume/nearest_distance.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "base/error.hpp"
#include "kernels/volume/distance_transform.hpp"

namespace yates::kernels {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::uint16_t kNoTarget = 0xFFFF;
/// Rows searched around a query: offsets of up to this many voxels along z and y.
constexpr std::int64_t kRadius = 24;
/// Rows visited per voxel of the volume after which the full transform is the cheaper way.
constexpr std::int64_t kVisitsPerVoxel = 8;

/// Distance in voxels along x to the nearest target of the same row.
std::vector<std::uint16_t> row_distances(const std::uint8_t* targets, const Shape3& shape) {
  const std::int64_t width = shape[2];
  std::vector<std::uint16_t> result(static_cast<std::size_t>(voxel_count(shape)));
  for (std::int64_t row = 0; row < shape[0] * shape[1]; ++row) {
    const std::uint8_t* mask = targets + row * width;
    std::uint16_t* out = result.data() + row * width;
    unsigned distance = kNoTarget;
    for (std::int64_t x = 0; x < width; ++x) {
      distance = mask[x] != 0 ? 0U : std::min<unsigned>(distance + 1U, kNoTarget);
      out[x] = static_cast<std::uint16_t>(distance);
    }
    distance = kNoTarget;
    for (std::int64_t x = width - 1; x >= 0; --x) {
      distance = mask[x] != 0 ? 0U : std::min<unsigned>(distance + 1U, kNoTarget);
      out[x] = static_cast<std::uint16_t>(std::min<unsigned>(distance, out[x]));
    }
  }
  return result;
}

struct RowOffset {
  std::int64_t dz;
  std::int64_t dy;
  double squared;  ///< Squared distance between the rows, in mm2.
};

class RowSearch {
 public:
  RowSearch(const std::uint8_t* targets, const Shape3& shape, const Spacing3& spacing)
      : shape_(shape), rows_(row_distances(targets, shape)) {
    for (std::int64_t x = 0; x < shape[2]; ++x) {
      const double distance = static_cast<double>(x) * spacing[2];
      along_row_.push_back(distance * distance);
    }
    const std::int64_t reach_z = std::min(kRadius, shape[0] - 1);
    const std::int64_t reach_y = std::min(kRadius, shape[1] - 1);
    for (std::int64_t dz = -reach_z; dz <= reach_z; ++dz) {
      for (std::int64_t dy = -reach_y; dy <= reach_y; ++dy) {
        const double mm_z = static_cast<double>(dz) * spacing[0];
        const double mm_y = static_cast<double>(dy) * spacing[1];
        offsets_.push_back({dz, dy, mm_z * mm_z + mm_y * mm_y});
      }
    }
    std::sort(offsets_.begin(), offsets_.end(), [](const RowOffset& a, const RowOffset& b) {
      return a.squared < b.squared;
    });
    complete_below_ = std::min(first_unseen(reach_z, shape[0], spacing[0]),
                               first_unseen(reach_y, shape[1], spacing[1]));
  }

  /// Squared distance of `query`, or infinity if a nearer target may lie beyond the offsets.
  double search(std::int64_t query, std::int64_t& visits) const {
    const std::int64_t x = query % shape_[2];
    const std::int64_t y = query / shape_[2] % shape_[1];
    const std::int64_t z = query / shape_[2] / shape_[1];
    double best = kInfinity;
    const std::uint16_t* column = rows_.data() + x;
    std::int64_t visited = 0;
    for (const RowOffset& offset : offsets_) {
      if (offset.squared >= best) {
        break;
      }
      ++visited;
      const std::int64_t row_z = z + offset.dz;
      const std::int64_t row_y = y + offset.dy;
      if (row_z < 0 || row_z >= shape_[0] || row_y < 0 || row_y >= shape_[1]) {
        continue;
      }
      const std::uint16_t distance = column[(row_z * shape_[1] + row_y) * shape_[2]];
      if (distance != kNoTarget) {
        best = std::min(best, offset.squared + along_row_[distance]);
      }
    }
    visits += visited;
    return best <= complete_below_ ? best : kInfinity;
  }

 private:
  /// Squared distance of the nearest row along one axis that the offsets leave out.
  static double first_unseen(std::int64_t reach, std::int64_t length, double spacing) {
    const double distance = static_cast<double>(reach + 1) * spacing;
    return reach >= length - 1 ? kInfinity : distance * distance;
  }

  Shape3 shape_;
  std::vector<std::uint16_t> rows_;
  std::vector<double> along_row_;
  std::vector<RowOffset> offsets_;
  double complete_below_ = 0.0;
};

}  // namespace

void nearest_squared_distances(const std::uint8_t* targets,
                               const Shape3& shape,
                               const Spacing3& spacing,
                               std::span<const std::int64_t> queries,
                               std::span<double> squared) {
  YATES_ASSERT(squared.size() == queries.size(), "{} and {}", squared.size(), queries.size());
  YATES_ASSERT(shape[2] < kNoTarget, "rows of {} voxels", shape[2]);
  if (queries.empty()) {
    return;
  }
  std::vector<std::size_t> unresolved;
  std::int64_t visits_left = kVisitsPerVoxel * voxel_count(shape);
  const RowSearch search(targets, shape, spacing);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    std::int64_t visits = 0;
    squared[i] = visits_left > 0 ? search.search(queries[i], visits) : kInfinity;
    visits_left -= visits;
    if (squared[i] == kInfinity) {
      unresolved.push_back(i);
    }
  }
  if (unresolved.empty()) {
    return;
  }
  std::vector<double> transform(static_cast<std::size_t>(voxel_count(shape)));
  squared_distance_transform(targets, shape, spacing, transform.data());
  for (const std::size_t i : unresolved) {
    squared[i] = transform[static_cast<std::size_t>(queries[i])];
  }
}

}  // namespace yates::kernels
