// SPDX-License-Identifier: Apache-2.0
// What happens to a training sample, drawn before anything is computed: a pure function of
// (seed, step, slot). Source: the published training pipeline of SegMamba-V2 (light_training).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/json.hpp"
#include "io/augment/normal_field.hpp"

namespace yates::io {

/// Turn and zoom about the centre of the patch; voxel c (from the centre) shows what was at
/// scale * transpose(R) c with R = R0(angle 0) R1(angle 1) R2(angle 2) about axes z, y, x.
struct SpatialParameters {
  std::array<double, 3> angles_rad{};
  double scale = 1;  ///< Above 1 the patch shows more, with a rim of zeros.
};

/// Values per channel; 0 leaves a channel alone.
using PerChannel = std::vector<double>;

/// The augmentation of one sample, in the order it is applied. Absent parts do not happen.
struct AugmentParameters {
  std::optional<SpatialParameters> spatial;
  std::optional<double> noise_sd;
  NoiseKey noise_key{};
  std::optional<PerChannel> blur_sigma;  ///< Voxels.
  std::optional<PerChannel> brightness;  ///< Factors.
  std::optional<PerChannel> contrast;    ///< Factors about the mean.
  std::optional<PerChannel> zoom;        ///< Of the low resolution, in [0.5, 1).
  std::optional<PerChannel> gamma_inverted;
  std::optional<PerChannel> gamma;
  std::array<bool, 3> mirror{};  ///< Along z, y, x.
};

/// Draws the augmentation of (step, slot) for an image of `channels`.
AugmentParameters draw_augmentation(std::uint64_t seed,
                                    std::int64_t step,
                                    std::int64_t slot,
                                    std::size_t channels);

/// The parameters as a JSON object; absent parts are null.
Json to_json(const AugmentParameters& parameters);

}  // namespace yates::io
