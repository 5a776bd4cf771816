// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/metrics_overlap.hpp"

#include <cstddef>
#include <limits>

namespace yates::eval {
namespace {

using kernels::Box3;
using kernels::Shape3;

/// How often each pair of labels occurs; labels above 3 count as 0.
using LabelPairs = std::array<std::int64_t, 16>;

LabelPairs count_pairs(const std::uint8_t* pred,
                       const std::uint8_t* ref,
                       const Shape3& shape,
                       const Box3& box) {
  LabelPairs pairs{};
  const auto known = [](std::uint8_t label) { return label <= 3 ? std::size_t{label} : 0U; };
  for (std::int64_t z = box.low[0]; z < box.high[0]; ++z) {
    for (std::int64_t y = box.low[1]; y < box.high[1]; ++y) {
      const std::int64_t row = (z * shape[1] + y) * shape[2];
      for (std::int64_t x = box.low[2]; x < box.high[2]; ++x) {
        ++pairs[known(pred[row + x]) * 4 + known(ref[row + x])];
      }
    }
  }
  return pairs;
}

Overlap region_overlap(const LabelPairs& pairs, Region region) {
  Overlap overlap;
  for (std::uint8_t pred = 0; pred < 4; ++pred) {
    for (std::uint8_t ref = 0; ref < 4; ++ref) {
      const std::int64_t count = pairs[std::size_t{pred} * 4 + ref];
      const bool in_pred = in_region(pred, region);
      const bool in_ref = in_region(ref, region);
      overlap.tp += in_pred && in_ref ? count : 0;
      overlap.fp += in_pred && !in_ref ? count : 0;
      overlap.fn += !in_pred && in_ref ? count : 0;
    }
  }
  return overlap;
}

}  // namespace

double dice(const Overlap& overlap) {
  if (overlap.both_empty()) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return 2.0 * static_cast<double>(overlap.tp) /
         static_cast<double>(overlap.pred_voxels() + overlap.ref_voxels());
}

CaseOverlap count_overlap(const std::uint8_t* pred, const std::uint8_t* ref, const Shape3& shape) {
  CaseOverlap result{.box = kernels::bounding_box(pred, ref, shape), .regions = {}};
  const LabelPairs pairs = count_pairs(pred, ref, shape, result.box);
  for (const Region region : kRegions) {
    result.regions[static_cast<std::size_t>(region)] = region_overlap(pairs, region);
  }
  return result;
}

MaskPair region_masks(const std::uint8_t* pred,
                      const std::uint8_t* ref,
                      const Shape3& shape,
                      const Box3& box,
                      Region region) {
  MaskPair pair;
  pair.shape = box.shape();
  const auto count = static_cast<std::size_t>(kernels::voxel_count(pair.shape));
  pair.pred.resize(count);
  pair.ref.resize(count);
  kernels::copy_box(pred, shape, box, pair.pred.data());
  kernels::copy_box(ref, shape, box, pair.ref.data());
  for (std::vector<std::uint8_t>* mask : {&pair.pred, &pair.ref}) {
    for (std::uint8_t& voxel : *mask) {
      voxel = in_region(voxel, region) ? 1 : 0;
    }
  }
  return pair;
}

MaskPair cropped(const MaskPair& pair, std::int64_t margin) {
  const Box3 tight = kernels::bounding_box(pair.pred.data(), pair.ref.data(), pair.shape);
  const Box3 box = kernels::grown(tight, margin, pair.shape);
  MaskPair result;
  result.shape = box.shape();
  const auto count = static_cast<std::size_t>(kernels::voxel_count(result.shape));
  result.pred.resize(count);
  result.ref.resize(count);
  kernels::copy_box(pair.pred.data(), pair.shape, box, result.pred.data());
  kernels::copy_box(pair.ref.data(), pair.shape, box, result.ref.data());
  return result;
}

Overlap count_overlap(const MaskPair& pair) {
  Overlap overlap;
  for (std::size_t voxel = 0; voxel < pair.pred.size(); ++voxel) {
    const bool in_pred = pair.pred[voxel] != 0;
    const bool in_ref = pair.ref[voxel] != 0;
    overlap.tp += in_pred && in_ref ? 1 : 0;
    overlap.fp += in_pred && !in_ref ? 1 : 0;
    overlap.fn += !in_pred && in_ref ? 1 : 0;
  }
  return overlap;
}

}  // namespace yates::eval
