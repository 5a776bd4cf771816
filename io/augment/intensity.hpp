// SPDX-License-Identifier: Apache-2.0
// Augmentations that change values one by one: noise, brightness, contrast, gamma.
#pragma once

#include <span>

#include "io/augment/normal_field.hpp"
#include "io/augment/patch_view.hpp"

namespace yates::io {

/// Adds independent N(0, sd^2) noise to every voxel of every channel.
void add_noise(const PatchView& image, double sd, const NoiseKey& key);

/// x * factor
void scale_brightness(std::span<float> channel, double factor);

/// (x - mean) * factor + mean, clipped to the least and greatest value before.
void scale_contrast(std::span<float> channel, double factor);

/// ((x - min) / (range + 1e-7))^gamma * (range + 1e-7) + min, then shifted and scaled back to the
/// mean and population sd before. `inverted`: the same on -x.
void apply_gamma(std::span<float> channel, double gamma, bool inverted);

}  // namespace yates::io
