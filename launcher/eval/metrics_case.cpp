// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/metrics_case.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "launcher/eval/metrics_border.hpp"
#include "launcher/eval/metrics_lesion.hpp"
#include "launcher/eval/metrics_surface.hpp"

namespace yates::eval {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr kernels::Spacing3 kUnitSpacing = {1.0, 1.0, 1.0};

/// What the tools say about the surfaces of a region, at one spacing.
struct SurfaceFigures {
  double hd95_medpy = 0.0;
  double hd95_monai = 0.0;
  double hd95_surface = 0.0;
  double nsd_1mm = 1.0;
  double assd_mm = 0.0;
};

SurfaceFigures undefined_figures(const Overlap& overlap) {
  return {.hd95_medpy = kNaN,
          .hd95_monai = kNaN,
          .hd95_surface = kNaN,
          .nsd_1mm = overlap.both_empty() ? kNaN : 0.0,
          .assd_mm = kNaN};
}

SurfaceFigures measure_surfaces(const MaskPair& pair,
                                const Overlap& overlap,
                                const kernels::Spacing3& spacing) {
  if (overlap.any_empty()) {
    return undefined_figures(overlap);
  }
  if (overlap.equal()) {
    return {};
  }
  const BorderDistances border = border_distances(pair, spacing);
  const SurfaceDistances surface = surface_distances(pair, spacing);
  return {.hd95_medpy = hd95_medpy(border),
          .hd95_monai = hd95_monai(border),
          .hd95_surface = hd95_surface(surface),
          .nsd_1mm = surface_dice(surface, 1.0),
          .assd_mm = assd(border)};
}

Score with(const SurfaceFigures& figures, double dice, double hd95_mm) {
  return {.dice = dice, .hd95_mm = hd95_mm, .nsd_1mm = figures.nsd_1mm, .assd_mm = figures.assd_mm};
}

Score segmamba(const Overlap& overlap, const SurfaceFigures& at_unit) {
  return overlap.any_empty() ? with(at_unit, 0.0, 50.0)
                             : with(at_unit, dice(overlap), at_unit.hd95_medpy);
}

Score brats2023(const Overlap& overlap, const SurfaceFigures& figures) {
  if (overlap.both_empty()) {
    return with(figures, 1.0, 0.0);
  }
  return with(figures, dice(overlap), overlap.one_empty() ? 374.0 : figures.hd95_surface);
}

Score medpy(const Overlap& overlap, const SurfaceFigures& figures) {
  return with(figures, overlap.both_empty() ? 1.0 : dice(overlap), figures.hd95_medpy);
}

Score monai(const Overlap& overlap, const SurfaceFigures& figures) {
  const auto twice = static_cast<float>(2 * overlap.tp);
  const auto sum = static_cast<float>(overlap.pred_voxels() + overlap.ref_voxels());
  const double value = overlap.ref_voxels() == 0 ? kNaN : static_cast<double>(twice / sum);
  return with(figures, value, figures.hd95_monai);
}

LesionTable lesions_of(const MaskPair& pair, const kernels::Spacing3& spacing) {
  return pair.pred.empty() ? LesionTable{} : lesion_table(pair, spacing);
}

RegionMetrics measure_region(const MaskPair& pair,
                             const Overlap& overlap,
                             const kernels::Spacing3& spacing,
                             std::span<const Convention> conventions) {
  RegionMetrics result;
  result.overlap = overlap;
  result.scores.fill({kNaN, kNaN, kNaN, kNaN});
  const LesionTable lesions = lesions_of(pair, spacing);
  result.lesions = lesions.counted();
  result.lesions_found = lesions.found();
  result.lesions_false = lesions.false_components;
  const MaskPair tight = pair.pred.empty() ? pair : cropped(pair, 0);
  std::optional<SurfaceFigures> figures;
  for (const Convention convention : conventions) {
    Score& score = result.scores[static_cast<std::size_t>(convention)];
    const bool at_unit = convention == Convention::Segmamba && spacing != kUnitSpacing;
    if (at_unit) {
      score = segmamba(overlap, measure_surfaces(tight, overlap, kUnitSpacing));
      continue;
    }
    if (!figures) {
      figures = measure_surfaces(tight, overlap, spacing);
    }
    switch (convention) {
      case Convention::Segmamba: score = segmamba(overlap, *figures); break;
      case Convention::Brats2023: score = brats2023(overlap, *figures); break;
      case Convention::MedPy: score = medpy(overlap, *figures); break;
      case Convention::Monai: score = monai(overlap, *figures); break;
      case Convention::Lesionwise2023:
        score = with(*figures, lesions.dice(), lesions.hd95_mm());
        break;
    }
  }
  return result;
}

}  // namespace

CaseMetrics measure_case(const std::uint8_t* pred,
                         const std::uint8_t* ref,
                         const kernels::Shape3& shape,
                         const kernels::Spacing3& spacing,
                         std::span<const Convention> conventions) {
  constexpr std::int64_t kLesionMargin = 3;
  const CaseOverlap overlap = count_overlap(pred, ref, shape);
  CaseMetrics metrics;
  for (const Region region : kRegions) {
    const auto index = static_cast<std::size_t>(region);
    MaskPair pair;
    if (!overlap.regions[index].both_empty()) {
      const kernels::Box3 room = kernels::grown(overlap.box, kLesionMargin, shape);
      pair = cropped(region_masks(pred, ref, shape, room, region), kLesionMargin);
    }
    metrics.regions[index] = measure_region(pair, overlap.regions[index], spacing, conventions);
  }
  return metrics;
}

}  // namespace yates::eval
