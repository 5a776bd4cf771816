// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/metrics_surface.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.hpp"
#include "kernels/volume/nearest_distance.hpp"
#include "kernels/volume/surface_element.hpp"

namespace yates::eval {
namespace {

using kernels::CornerCode;
using kernels::Shape3;
using kernels::Spacing3;

/// The corners of one mask that carry surface.
struct Surface {
  std::vector<CornerCode> codes;      ///< Of every corner.
  std::vector<std::uint8_t> present;  ///< 1 where there is surface.
  std::vector<std::int64_t> corners;  ///< Their linear indices.
};

Surface find_surface(const std::vector<std::uint8_t>& mask,
                     const Shape3& shape,
                     const Shape3& corner_shape) {
  Surface surface;
  const auto count = static_cast<std::size_t>(kernels::voxel_count(corner_shape));
  surface.codes.resize(count);
  surface.present.resize(count);
  kernels::corner_codes(mask.data(), shape, surface.codes.data());
  for (std::size_t corner = 0; corner < count; ++corner) {
    surface.present[corner] = kernels::is_surface(surface.codes[corner]) ? 1 : 0;
    if (surface.present[corner] != 0) {
      surface.corners.push_back(static_cast<std::int64_t>(corner));
    }
  }
  YATES_ASSERT(!surface.corners.empty(), "a mask is empty");
  return surface;
}

std::vector<SurfaceElement> measure(const Surface& from,
                                    const Surface& to,
                                    const Shape3& corner_shape,
                                    const Spacing3& spacing,
                                    const std::array<double, 256>& areas) {
  std::vector<double> squared(from.corners.size());
  kernels::nearest_squared_distances(
      to.present.data(), corner_shape, spacing, from.corners, squared);
  std::vector<SurfaceElement> elements(squared.size());
  for (std::size_t i = 0; i < squared.size(); ++i) {
    const CornerCode code = from.codes[static_cast<std::size_t>(from.corners[i])];
    elements[i] = {std::sqrt(squared[i]), areas[code]};
  }
  std::sort(elements.begin(), elements.end());
  return elements;
}

/// Total area, summed pairwise in the order of NumPy: whether a surface element is the first beyond
/// 95 % can hang on the last bit of this sum.
double total_area(std::span<const SurfaceElement> elements) {
  constexpr std::size_t kBlock = 128;
  const std::size_t count = elements.size();
  if (count < 8) {
    double sum = 0.0;
    for (const SurfaceElement& element : elements) {
      sum += element.second;
    }
    return sum;
  }
  if (count > kBlock) {
    const std::size_t half = count / 2 - count / 2 % 8;
    return total_area(elements.first(half)) + total_area(elements.subspan(half));
  }
  std::array<double, 8> lane{};
  const std::size_t whole = count - count % 8;
  for (std::size_t i = 0; i < whole; ++i) {
    lane[i % 8] += elements[i].second;
  }
  double sum =
      ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
  for (std::size_t i = whole; i < count; ++i) {
    sum += elements[i].second;
  }
  return sum;
}

double area_percentile_95(const std::vector<SurfaceElement>& elements) {
  const double total = total_area(elements);
  double below = 0.0;
  for (const auto& [distance, area] : elements) {
    below += area;
    if (below / total >= 0.95) {
      return distance;
    }
  }
  return elements.back().first;
}

double area_within(const std::vector<SurfaceElement>& elements, double tolerance_mm) {
  const auto end = std::upper_bound(
      elements.begin(),
      elements.end(),
      tolerance_mm,
      [](double tolerance, const SurfaceElement& element) { return tolerance < element.first; });
  return total_area({elements.begin(), end});
}

}  // namespace

SurfaceDistances surface_distances(const MaskPair& pair, const Spacing3& spacing) {
  const Shape3 corners = {pair.shape[0] + 1, pair.shape[1] + 1, pair.shape[2] + 1};
  const Surface pred = find_surface(pair.pred, pair.shape, corners);
  const Surface ref = find_surface(pair.ref, pair.shape, corners);
  const std::array<double, 256> areas = kernels::surface_element_areas(spacing);
  return {.pred_to_ref = measure(pred, ref, corners, spacing, areas),
          .ref_to_pred = measure(ref, pred, corners, spacing, areas)};
}

double hd95_surface(const SurfaceDistances& distances) {
  return std::max(area_percentile_95(distances.pred_to_ref),
                  area_percentile_95(distances.ref_to_pred));
}

double surface_dice(const SurfaceDistances& distances, double tolerance_mm) {
  const double within = area_within(distances.ref_to_pred, tolerance_mm) +
                        area_within(distances.pred_to_ref, tolerance_mm);
  return within / (total_area(distances.ref_to_pred) + total_area(distances.pred_to_ref));
}

}  // namespace yates::eval
