// SPDX-License-Identifier: Apache-2.0
#include "io/phantom/brain_shape.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.hpp"

namespace yates::io {
namespace {

constexpr std::array<double, 3> kMeanSide = {146.2, 171.3, 135.7};
constexpr std::array<double, 3> kSideSd = {6, 8, 6};
constexpr std::array<double, 3> kLeastSide = {122, 142, 112};
constexpr std::array<double, 3> kMostSide = {155, 203, 162};
constexpr double kSurfaceNoise = 0.05;
constexpr double kSurfaceCell = 24;

using Box = std::array<std::array<std::int64_t, 2>, 3>;

/// An ellipsoid in its own box, before it is cut to what the noise leaves of it.
BrainShape draw_ellipsoid(const PhantomOptions& options, std::uint64_t index) {
  RandomStream random(options.seed, "phantom.brain", index);
  BrainShape brain;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double pitch =
        static_cast<double>(kBratsShape[axis]) / static_cast<double>(options.shape[axis]);
    const double side = std::clamp(
        kMeanSide[axis] + kSideSd[axis] * random.normal(), kLeastSide[axis], kMostSide[axis]);
    const std::int64_t size =
        std::min<std::int64_t>(options.shape[axis], std::llround(side / pitch));
    brain.grid.size[axis] = size;
    brain.grid.pitch_mm[axis] = pitch;
    brain.half_axes[axis] = static_cast<double>(size) / 2;
    brain.centre[axis] = static_cast<double>(size - 1) / 2;
  }
  return brain;
}

/// Fills `depth` and returns the bounding box of what is inside.
Box fill_depth(BrainShape& brain, const LatticeNoise& surface) {
  const auto [depth, height, width] = brain.grid.size;
  brain.depth.resize(static_cast<std::size_t>(depth * height * width));
  Box box;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    box[axis] = {brain.grid.size[axis], 0};
  }
  float* row = brain.depth.data();
  for (std::int64_t z = 0; z < depth; ++z) {
    for (std::int64_t y = 0; y < height; ++y, row += width) {
      surface.row(z, y, 0, {row, static_cast<std::size_t>(width)});
      const double w = (static_cast<double>(z) - brain.centre[0]) / brain.half_axes[0];
      const double v = (static_cast<double>(y) - brain.centre[1]) / brain.half_axes[1];
      for (std::int64_t x = 0; x < width; ++x) {
        const double u = (static_cast<double>(x) - brain.centre[2]) / brain.half_axes[2];
        const double radius = w * w + v * v + u * u + kSurfaceNoise * static_cast<double>(row[x]);
        row[x] = static_cast<float>(1 - radius);
        if (row[x] > 0) {
          const std::array<std::int64_t, 3> at = {z, y, x};
          for (std::size_t axis = 0; axis < 3; ++axis) {
            box[axis][0] = std::min(box[axis][0], at[axis]);
            box[axis][1] = std::max(box[axis][1], at[axis] + 1);
          }
        }
      }
    }
  }
  return box;
}

void cut(BrainShape& brain, const Box& box) {
  const auto from = brain.grid.size;
  std::vector<float> kept;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    brain.grid.size[axis] = box[axis][1] - box[axis][0];
    brain.centre[axis] -= static_cast<double>(box[axis][0]);
  }
  for (std::int64_t z = box[0][0]; z < box[0][1]; ++z) {
    for (std::int64_t y = box[1][0]; y < box[1][1]; ++y) {
      const auto row = brain.depth.begin() + (z * from[1] + y) * from[2];
      kept.insert(kept.end(), row + box[2][0], row + box[2][1]);
    }
  }
  brain.depth = std::move(kept);
}

}  // namespace

void check_phantom_options(const PhantomOptions& options) {
  std::vector<Problem> problems;
  for (const std::int64_t side : options.shape) {
    if (side < 16 || side > 512) {
      problems.push_back({.what = fmt::format("a side of {} voxels", side),
                          .where = "--shape",
                          .allowed = "16 to 512 voxels per axis",
                          .fix = "for example --shape 64,64,64"});
    }
  }
  if (!(options.difficulty >= 0 && options.difficulty <= 1)) {
    problems.push_back({.what = fmt::format("difficulty {}", options.difficulty),
                        .where = "--difficulty",
                        .allowed = "0 (easy) to 1 (hard)",
                        .fix = ""});
  }
  if (!problems.empty()) {
    throw Error(ExitCode::Usage, problems);
  }
}

BrainShape draw_brain(const PhantomOptions& options, std::uint64_t index) {
  BrainShape brain = draw_ellipsoid(options, index);
  const LatticeNoise surface(
      brain.grid, kSurfaceCell, RandomStream(options.seed, "phantom.brain.surface", index));
  cut(brain, fill_depth(brain, surface));
  for (std::size_t axis = 0; axis < 3; ++axis) {
    brain.corner[axis] = (options.shape[axis] - brain.grid.size[axis]) / 2;
  }
  return brain;
}

}  // namespace yates::io
