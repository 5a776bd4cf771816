// SPDX-License-Identifier: Apache-2.0
// Which part of which case a training sample shows: a pure function of (seed, step, slot), so that
// ranks, workers, resume and arm never change it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace yates::io {

/// What the sampler must know of a training case.
struct SamplerCase {
  std::string id;
  std::array<std::int64_t, 3> shape;         ///< (D, H, W) voxels of the stored volume.
  std::array<std::int64_t, 3> label_voxels;  ///< Voxels of labels 1, 2, 3.
};

/// The place of one training patch.
struct PatchChoice {
  std::size_t case_index = 0;            ///< Index into the sampler's cases.
  std::array<std::int64_t, 3> corner{};  ///< First voxel (z, y, x); may be negative.
  bool foreground = false;               ///< Placed on a labelled voxel.
  std::uint8_t label = 0;                ///< That voxel's label, 1..3; 0 without foreground.
  std::array<std::int64_t, 3> voxel{};   ///< That voxel; zeros without foreground.
};

/// Answers where the k-th voxel (C order, from 0) of `label` lies in a case; see LabelIndex.
using VoxelFinder = std::function<std::array<std::int64_t, 3>(
    std::size_t case_index, std::uint8_t label, std::int64_t k)>;

/// First and last corner of a patch placed at random along one axis, both included. A patch longer
/// than the volume is centred: [floor(-need / 2), n + floor(need / 2) + need % 2 - patch].
std::array<std::int64_t, 2> corner_range(std::int64_t size, std::int64_t patch);

/// Corner of a patch that holds `voxel` in its middle: max(lower bound, voxel - patch / 2). The
/// patch may stick out at the high end, as in the paper's code.
std::array<std::int64_t, 3> centred_corner(const std::array<std::int64_t, 3>& shape,
                                           const std::array<std::int64_t, 3>& patch,
                                           const std::array<std::int64_t, 3>& voxel);

/// Whether slot `slot` of a global batch must show foreground: slot >= round(batch (1 - fraction)),
/// halves to even.
bool forced_foreground(std::int64_t slot, std::int64_t batch, double fraction);

/// Draws patches. Case uniform with replacement; forced slots: label uniform among those present,
/// voxel uniform among all its voxels (the paper's code draws from a frozen subset of at least
/// 10000, equal in distribution); other slots, and cases without tumour: corner uniform.
/// Immutable: safe from several threads. Deterministic: across world sizes.
class PatchSampler {
 public:
  /// Throws Error{BadData} if there are no cases.
  PatchSampler(std::vector<SamplerCase> cases,
               std::array<std::int64_t, 3> patch,
               double foreground_fraction,
               std::int64_t global_batch,
               std::uint64_t seed);

  /// The patch of `slot` (index in the global batch) at `step`. `find` is asked at most once.
  [[nodiscard]] PatchChoice choose(std::int64_t step,
                                   std::int64_t slot,
                                   const VoxelFinder& find) const;

  [[nodiscard]] const std::vector<SamplerCase>& cases() const { return cases_; }
  [[nodiscard]] const std::array<std::int64_t, 3>& patch() const { return patch_; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }

 private:
  std::vector<SamplerCase> cases_;
  std::array<std::int64_t, 3> patch_;
  double foreground_fraction_;
  std::int64_t global_batch_;
  std::uint64_t seed_;
};

}  // namespace yates::io
