// SPDX-License-Identifier: Apache-2.0
// Applies one drawn augmentation to a sample.
#pragma once

#include <cstdint>
#include <span>

#include "io/augment/parameters.hpp"
#include "io/augment/patch_view.hpp"

namespace yates::io {

/// Changes image and labels (D, H, W) in place, in the published order: spatial, noise, blur,
/// brightness, contrast, low resolution, inverted gamma, gamma, mirror. Deterministic; same bytes
/// on any thread. Source: light_training's transforms over batchgenerators, read as in
/// batchgenerators up to 0.25.3 (labels by the >= 0.5 rule).
void augment(const PatchView& image,
             std::span<std::uint8_t> labels,
             const AugmentParameters& parameters);

}  // namespace yates::io
