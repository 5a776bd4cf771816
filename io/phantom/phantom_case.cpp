// SPDX-License-Identifier: Apache-2.0
#include "io/phantom/phantom_case.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"
#include "io/phantom/brain_shape.hpp"
#include "io/phantom/intensities.hpp"
#include "io/phantom/tumour_counts.hpp"
#include "io/phantom/tumour_shape.hpp"

namespace yates::io {
namespace {

/// Puts the box of the brain where it lies in the volume.
std::vector<std::uint8_t> place(const PhantomOptions& options,
                                const BrainShape& brain,
                                const std::vector<std::uint8_t>& box) {
  const auto [depth, height, width] = options.shape;
  std::vector<std::uint8_t> volume(static_cast<std::size_t>(depth * height * width), 0);
  const auto [box_depth, box_height, box_width] = brain.grid.size;
  for (std::int64_t z = 0; z < box_depth; ++z) {
    for (std::int64_t y = 0; y < box_height; ++y) {
      const auto to =
          ((z + brain.corner[0]) * height + y + brain.corner[1]) * width + brain.corner[2];
      std::copy_n(box.begin() + (z * box_height + y) * box_width, box_width, volume.begin() + to);
    }
  }
  return volume;
}

}  // namespace

std::string phantom_case_id(std::uint64_t index) {
  YATES_ASSERT(index < 100000, "case {}", index);
  return fmt::format("BraTS-GLI-{:05}-000", index);
}

PhantomCase draw_phantom(const PhantomOptions& options, std::uint64_t index, bool with_modalities) {
  const BrainShape brain = draw_brain(options, index);
  const auto box_voxels = static_cast<std::int64_t>(brain.depth.size());
  const std::vector<std::uint8_t> labels =
      draw_tumour(options, index, brain, draw_tumour_counts(options, index, box_voxels));
  PhantomCase made;
  made.labels = place(options, brain, labels);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    made.brain_box[axis] = {brain.corner[axis], brain.corner[axis] + brain.grid.size[axis]};
  }
  if (with_modalities) {
    const std::vector<Tissue> tissues = draw_tissues(options, index, brain, labels);
    for (std::size_t modality = 0; modality < made.modalities.size(); ++modality) {
      made.modalities[modality] = draw_modality(options, index, modality, brain, tissues);
    }
  }
  return made;
}

}  // namespace yates::io
