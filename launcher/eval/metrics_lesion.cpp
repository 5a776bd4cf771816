// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/metrics_lesion.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <set>

#include "kernels/volume/connected_components.hpp"
#include "kernels/volume/dilation.hpp"
#include "launcher/eval/metrics_surface.hpp"

namespace yates::eval {
namespace {

using kernels::Box3;
using kernels::Shape3;

constexpr int kDilations = 3;
/// What an infinite distance and a false component count as: the diagonal of a BraTS volume.
constexpr double kMissedMm = 374.0;

/// Numbered components with their boxes; label 0 is background.
struct Components {
  Shape3 shape;
  std::vector<std::int32_t> labels;
  std::vector<Box3> boxes;  ///< By label; index 0 unused.
};

void include(Box3& box, const Shape3& at) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    box.low[axis] = std::min(box.low[axis], at[axis]);
    box.high[axis] = std::max(box.high[axis], at[axis] + 1);
  }
}

Components with_boxes(std::vector<std::int32_t> labels, const Shape3& shape, std::int32_t count) {
  Components result{.shape = shape, .labels = std::move(labels), .boxes = {}};
  result.boxes.assign(static_cast<std::size_t>(count) + 1, {.low = shape, .high = {0, 0, 0}});
  std::size_t voxel = 0;
  for (std::int64_t z = 0; z < shape[0]; ++z) {
    for (std::int64_t y = 0; y < shape[1]; ++y) {
      for (std::int64_t x = 0; x < shape[2]; ++x) {
        const std::int32_t label = result.labels[voxel++];
        if (label != 0) {
          include(result.boxes[static_cast<std::size_t>(label)], {z, y, x});
        }
      }
    }
  }
  return result;
}

Components find_components(const std::vector<std::uint8_t>& mask, const Shape3& shape) {
  std::vector<std::int32_t> labels(mask.size());
  const std::int32_t count = kernels::connected_components(mask.data(), shape, labels.data());
  return with_boxes(std::move(labels), shape, count);
}

/// The voxels of `mask` numbered by the component of its dilation that they lie in.
Components find_lesions(const std::vector<std::uint8_t>& mask, const Shape3& shape) {
  std::vector<std::uint8_t> dilated(mask.size());
  kernels::dilate_18(mask.data(), shape, kDilations, dilated.data());
  std::vector<std::int32_t> labels(mask.size());
  const std::int32_t count = kernels::connected_components(dilated.data(), shape, labels.data());
  for (std::size_t voxel = 0; voxel < mask.size(); ++voxel) {
    labels[voxel] = mask[voxel] != 0 ? labels[voxel] : 0;
  }
  return with_boxes(std::move(labels), shape, count);
}

/// The voxels within `box` whose label is among `chosen`, as a mask.
std::vector<std::uint8_t> chosen_mask(const Components& components,
                                      const Box3& box,
                                      const std::set<std::int32_t>& chosen) {
  std::vector<std::uint8_t> member(components.boxes.size(), 0);
  for (const std::int32_t label : chosen) {
    member[static_cast<std::size_t>(label)] = 1;
  }
  std::vector<std::uint8_t> mask;
  mask.reserve(static_cast<std::size_t>(kernels::voxel_count(box.shape())));
  const Shape3& shape = components.shape;
  for (std::int64_t z = box.low[0]; z < box.high[0]; ++z) {
    for (std::int64_t y = box.low[1]; y < box.high[1]; ++y) {
      const std::int64_t row = (z * shape[1] + y) * shape[2];
      for (std::int64_t x = box.low[2]; x < box.high[2]; ++x) {
        const std::int32_t label = components.labels[static_cast<std::size_t>(row + x)];
        mask.push_back(member[static_cast<std::size_t>(label)]);
      }
    }
  }
  return mask;
}

/// The predicted components that touch the dilation of one lesion.
std::set<std::int32_t> touching(const Components& lesions,
                                std::int32_t lesion,
                                const Components& predicted) {
  const Shape3& shape = lesions.shape;
  const Box3 box =
      kernels::grown(lesions.boxes[static_cast<std::size_t>(lesion)], kDilations, shape);
  const std::vector<std::uint8_t> mask = chosen_mask(lesions, box, {lesion});
  std::vector<std::uint8_t> dilated(mask.size());
  kernels::dilate_18(mask.data(), box.shape(), kDilations, dilated.data());
  std::set<std::int32_t> labels;
  std::size_t voxel = 0;
  for (std::int64_t z = box.low[0]; z < box.high[0]; ++z) {
    for (std::int64_t y = box.low[1]; y < box.high[1]; ++y) {
      const std::int64_t row = (z * shape[1] + y) * shape[2];
      for (std::int64_t x = box.low[2]; x < box.high[2]; ++x) {
        const std::int32_t label = predicted.labels[static_cast<std::size_t>(row + x)];
        if (dilated[voxel++] != 0 && label != 0) {
          labels.insert(label);
        }
      }
    }
  }
  return labels;
}

Lesion score(const Components& lesions,
             std::int32_t lesion,
             const Components& predicted,
             const std::set<std::int32_t>& matched,
             const kernels::Spacing3& spacing) {
  Box3 box = lesions.boxes[static_cast<std::size_t>(lesion)];
  for (const std::int32_t label : matched) {
    const Box3& other = predicted.boxes[static_cast<std::size_t>(label)];
    include(box, other.low);
    include(box, {other.high[0] - 1, other.high[1] - 1, other.high[2] - 1});
  }
  const MaskPair pair{.shape = box.shape(),
                      .pred = chosen_mask(predicted, box, matched),
                      .ref = chosen_mask(lesions, box, {lesion})};
  const Overlap overlap = count_overlap(pair);
  Lesion result;
  result.volume_mm3 =
      static_cast<double>(overlap.ref_voxels()) * spacing[2] * spacing[1] * spacing[0];
  result.dice = dice(overlap);
  result.hd95_mm = overlap.pred_voxels() == 0 ? std::numeric_limits<double>::infinity()
                                              : hd95_surface(surface_distances(pair, spacing));
  result.matched = static_cast<std::int64_t>(matched.size());
  return result;
}

}  // namespace

std::int64_t LesionTable::counted() const {
  return std::count_if(
      lesions.begin(), lesions.end(), [](const Lesion& lesion) { return lesion.counted(); });
}

std::int64_t LesionTable::found() const {
  return std::count_if(lesions.begin(), lesions.end(), [](const Lesion& lesion) {
    return lesion.counted() && lesion.matched > 0;
  });
}

double LesionTable::dice() const {
  double sum = 0.0;
  for (const Lesion& lesion : lesions) {
    sum += lesion.counted() ? lesion.dice : 0.0;
  }
  const std::int64_t count = counted() + false_components;
  return count == 0 ? 1.0 : sum / static_cast<double>(count);
}

double LesionTable::hd95_mm() const {
  double sum = static_cast<double>(false_components) * kMissedMm;
  for (const Lesion& lesion : lesions) {
    const double distance = std::isinf(lesion.hd95_mm) ? kMissedMm : lesion.hd95_mm;
    sum += lesion.counted() ? distance : 0.0;
  }
  const std::int64_t count = counted() + false_components;
  return count == 0 ? 0.0 : sum / static_cast<double>(count);
}

LesionTable lesion_table(const MaskPair& pair, const kernels::Spacing3& spacing) {
  const Components lesions = find_lesions(pair.ref, pair.shape);
  const Components predicted = find_components(pair.pred, pair.shape);
  std::set<std::int32_t> matched_anywhere;
  LesionTable table;
  for (std::int32_t lesion = 1; lesion < static_cast<std::int32_t>(lesions.boxes.size());
       ++lesion) {
    const std::set<std::int32_t> matched = touching(lesions, lesion, predicted);
    matched_anywhere.insert(matched.begin(), matched.end());
    table.lesions.push_back(score(lesions, lesion, predicted, matched, spacing));
  }
  table.false_components =
      static_cast<std::int64_t>(predicted.boxes.size() - 1 - matched_anywhere.size());
  return table;
}

}  // namespace yates::eval
