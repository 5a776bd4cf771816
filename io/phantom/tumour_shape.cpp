// SPDX-License-Identifier: Apache-2.0
#include "io/phantom/tumour_shape.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <span>

#include "base/error.hpp"

namespace yates::io {
namespace {

/// A point or direction in the phantom's millimetres, (z, y, x).
using Point = std::array<double, 3>;

struct Satellite {
  Point centre;
  double radius_mm;
};

/// Where and how the tumour lies, before noise makes its surface irregular.
struct TumourForm {
  double radius_mm;  ///< Of the ball of the same volume.
  Point centre;
  Point semi_axes;  ///< Factors of the radius, product 1.
  double cosine;    ///< Of the turn in the axial plane.
  double sine;
  double roughness;  ///< Amplitude of the surface noise.
  std::vector<Satellite> satellites;
};

constexpr double kInnerEllipsoid = 0.62;
constexpr double kMidplaneGap = 0.12;

Point draw_direction(RandomStream& random) {
  const Point p = {random.normal(), random.normal(), random.normal()};
  const double length = std::sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
  return {p[0] / length, p[1] / length, p[2] / length};
}

/// Uniform in the inner ellipsoid, away from the plane between the hemispheres.
Point draw_centre(RandomStream& random, const BrainShape& brain) {
  for (;;) {
    Point unit{};
    for (double& coordinate : unit) {
      coordinate = random.uniform(-1, 1);
    }
    const double square = unit[0] * unit[0] + unit[1] * unit[1] + unit[2] * unit[2];
    if (square < 1 && std::abs(unit[2]) * kInnerEllipsoid > kMidplaneGap) {
      Point centre{};
      for (std::size_t axis = 0; axis < 3; ++axis) {
        centre[axis] = (brain.centre[axis] + kInnerEllipsoid * unit[axis] * brain.half_axes[axis]) *
                       brain.grid.pitch_mm[axis];
      }
      return centre;
    }
  }
}

std::vector<Satellite> draw_satellites(RandomStream& random, const TumourForm& form) {
  std::vector<Satellite> satellites;
  while (satellites.size() < 4 && random.bernoulli(0.2)) {
    const Point direction = draw_direction(random);
    const double distance = random.uniform(1.1, 2.6) * form.radius_mm;
    Satellite satellite{.centre = form.centre,
                        .radius_mm = random.uniform(0.4, 1.0) * 0.5 * form.radius_mm};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      satellite.centre[axis] += distance * direction[axis];
    }
    satellites.push_back(satellite);
  }
  return satellites;
}

TumourForm draw_form(RandomStream& random, const BrainShape& brain, std::int64_t whole_voxels) {
  const Point& pitch = brain.grid.pitch_mm;
  const double volume = static_cast<double>(whole_voxels) * pitch[0] * pitch[1] * pitch[2];
  TumourForm form;
  form.radius_mm = std::cbrt(3 * volume / (4 * std::numbers::pi));
  form.centre = draw_centre(random, brain);
  form.semi_axes = {0.98, 1.46, 0.80};
  double product = 1;
  for (double& factor : form.semi_axes) {
    factor *= std::exp(0.25 * random.normal());
    product *= factor;
  }
  for (double& factor : form.semi_axes) {
    factor /= std::cbrt(product);
  }
  const double turn = 0.5 * random.normal();
  form.cosine = std::cos(turn);
  form.sine = std::sin(turn);
  form.roughness = std::exp(0.3 * random.normal()) * std::pow(form.radius_mm / 28, -0.35);
  form.satellites = draw_satellites(random, form);
  return form;
}

/// Distance in units of the tumour's own surface: 1 on it.
void distance_row(
    const TumourForm& form, double z_mm, double y_mm, double pitch_x, std::span<float> out) {
  const double scale = 1 / form.radius_mm;
  const double dz = (z_mm - form.centre[0]) * scale / form.semi_axes[0];
  const double dy = (y_mm - form.centre[1]) * scale;
  for (std::size_t x = 0; x < out.size(); ++x) {
    const double dx = (static_cast<double>(x) * pitch_x - form.centre[2]) * scale;
    const double along_x = (form.cosine * dx + form.sine * dy) / form.semi_axes[2];
    const double along_y = (form.cosine * dy - form.sine * dx) / form.semi_axes[1];
    out[x] = static_cast<float>(std::sqrt(along_x * along_x + along_y * along_y + dz * dz));
  }
  for (const Satellite& satellite : form.satellites) {
    const double sz = (z_mm - satellite.centre[0]) / satellite.radius_mm;
    const double sy = (y_mm - satellite.centre[1]) / satellite.radius_mm;
    const double square = sz * sz + sy * sy;
    for (std::size_t x = 0; x < out.size(); ++x) {
      const double sx =
          (static_cast<double>(x) * pitch_x - satellite.centre[2]) / satellite.radius_mm;
      out[x] = std::min(out[x], static_cast<float>(std::sqrt(square + sx * sx)));
    }
  }
}

/// Voxels of the brain, or of a region in it, with the score that selects among them.
struct ScoredVoxels {
  std::vector<std::uint32_t> voxels;  ///< Offsets in the box, ascending.
  std::vector<float> scores;
};

/// The `k` voxels of highest score, in ascending order of offset; ties go to the lower offset.
ScoredVoxels top(const ScoredVoxels& from, std::int64_t k) {
  const auto count = static_cast<std::size_t>(k);
  YATES_ASSERT(count <= from.voxels.size(), "{} of {} voxels", k, from.voxels.size());
  ScoredVoxels best;
  if (count == 0) {
    return best;
  }
  std::vector<float> ordered = from.scores;
  std::nth_element(ordered.begin(), ordered.begin() + (k - 1), ordered.end(), std::greater<>());
  const float least = ordered[count - 1];
  auto ties =
      count - static_cast<std::size_t>(std::count_if(
                  from.scores.begin(), from.scores.end(), [&](float s) { return s > least; }));
  for (std::size_t i = 0; i < from.voxels.size(); ++i) {
    if (from.scores[i] > least || (from.scores[i] == least && ties > 0)) {
      ties -= from.scores[i] == least ? 1 : 0;
      best.voxels.push_back(from.voxels[i]);
      best.scores.push_back(from.scores[i]);
    }
  }
  return best;
}

/// The smooth fields that make the surfaces irregular.
struct TumourNoise {
  LatticeNoise coarse;
  LatticeNoise fine;
  LatticeNoise core;

  TumourNoise(const PhantomOptions& options,
              std::uint64_t index,
              const PhantomGrid& grid,
              double radius_mm)
      : coarse(grid,
               std::max(10.0, 0.55 * radius_mm),
               RandomStream(options.seed, "phantom.tumour.coarse", index)),
        fine(grid,
             std::max(5.0, 0.25 * radius_mm),
             RandomStream(options.seed, "phantom.tumour.fine", index)),
        core(grid,
             std::max(6.0, 0.35 * radius_mm),
             RandomStream(options.seed, "phantom.tumour.core", index)) {}
};

ScoredVoxels score_brain(const BrainShape& brain,
                         const TumourForm& form,
                         const TumourNoise& noise) {
  const auto [depth, height, width] = brain.grid.size;
  const auto length = static_cast<std::size_t>(width);
  std::vector<float> distance(length);
  std::vector<float> coarse(length);
  std::vector<float> fine(length);
  const auto strong = static_cast<float>(0.21 * form.roughness);
  const auto weak = static_cast<float>(0.12 * form.roughness);
  ScoredVoxels scored;
  std::size_t offset = 0;
  for (std::int64_t z = 0; z < depth; ++z) {
    for (std::int64_t y = 0; y < height; ++y) {
      distance_row(form,
                   static_cast<double>(z) * brain.grid.pitch_mm[0],
                   static_cast<double>(y) * brain.grid.pitch_mm[1],
                   brain.grid.pitch_mm[2],
                   distance);
      noise.coarse.row(z, y, 0, coarse);
      noise.fine.row(z, y, 0, fine);
      for (std::size_t x = 0; x < length; ++x, ++offset) {
        if (brain.depth[offset] > 0) {
          scored.voxels.push_back(static_cast<std::uint32_t>(offset));
          scored.scores.push_back(strong * coarse[x] + weak * fine[x] - distance[x]);
        }
      }
    }
  }
  return scored;
}

/// Scores the voxels of a region by nearness to a centre of its own.
void score_core(ScoredVoxels& region,
                const PhantomGrid& grid,
                const TumourForm& form,
                const Point& centre,
                const std::function<float(std::array<std::int64_t, 3>)>& bump) {
  for (std::size_t i = 0; i < region.voxels.size(); ++i) {
    const auto offset = static_cast<std::int64_t>(region.voxels[i]);
    const std::array<std::int64_t, 3> at = {offset / (grid.size[1] * grid.size[2]),
                                            offset / grid.size[2] % grid.size[1],
                                            offset % grid.size[2]};
    double square = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double d = static_cast<double>(at[axis]) * grid.pitch_mm[axis] - centre[axis];
      square += d * d;
    }
    const auto near = static_cast<float>(-std::sqrt(square) / form.radius_mm);
    region.scores[i] = near + bump(at) + 0.35F * region.scores[i];
  }
}

void paint(std::vector<std::uint8_t>& labels, const ScoredVoxels& region, std::uint8_t label) {
  for (const std::uint32_t voxel : region.voxels) {
    labels[voxel] = label;
  }
}

}  // namespace

std::vector<std::uint8_t> draw_tumour(const PhantomOptions& options,
                                      std::uint64_t index,
                                      const BrainShape& brain,
                                      const TumourCounts& counts) {
  RandomStream random(options.seed, "phantom.tumour", index);
  const TumourForm form = draw_form(random, brain, counts.whole);
  const TumourNoise noise(options, index, brain.grid, form.radius_mm);
  std::vector<std::uint8_t> labels(brain.depth.size(), 0);

  ScoredVoxels whole = top(score_brain(brain, form, noise), counts.whole);
  paint(labels, whole, 2);
  Point core_centre = form.centre;
  for (double& coordinate : core_centre) {
    coordinate += 0.15 * form.radius_mm * random.normal();
  }
  score_core(whole, brain.grid, form, core_centre, [&](const std::array<std::int64_t, 3>& at) {
    return 0.18F * noise.core.at(at[0], at[1], at[2]);
  });
  ScoredVoxels core = top(whole, counts.core);
  paint(labels, core, 3);
  for (std::size_t i = 0; i < core.voxels.size(); ++i) {
    const std::int64_t width = brain.grid.size[2];
    const std::int64_t height = brain.grid.size[1];
    const auto offset = static_cast<std::int64_t>(core.voxels[i]);
    core.scores[i] +=
        0.12F * noise.fine.at(offset / (height * width), offset / width % height, offset % width);
  }
  paint(labels, top(core, counts.ncr), 1);
  return labels;
}

}  // namespace yates::io
