// SPDX-License-Identifier: Apache-2.0
#include "io/augment/augment.hpp"

#include "base/error.hpp"
#include "io/augment/blur.hpp"
#include "io/augment/intensity.hpp"
#include "io/augment/low_resolution.hpp"
#include "io/augment/mirror.hpp"
#include "io/augment/spatial.hpp"

namespace yates::io {
namespace {

/// Calls `transform(channel, value)` for every channel that has a value.
template <typename Transform>
void each_channel(const PatchView& image,
                  const std::optional<PerChannel>& values,
                  const Transform& transform) {
  if (!values) {
    return;
  }
  YATES_ASSERT(values->size() == image.channels(), "{} values", values->size());
  for (std::size_t c = 0; c < values->size(); ++c) {
    if ((*values)[c] != 0) {
      transform(image.channel(c), (*values)[c]);
    }
  }
}

}  // namespace

void augment(const PatchView& image,
             std::span<std::uint8_t> labels,
             const AugmentParameters& parameters) {
  YATES_ASSERT(labels.size() == image.channel_size(), "{} labels", labels.size());
  if (parameters.spatial) {
    const AffineMap map = affine_map(*parameters.spatial, image.shape);
    warp_image(image, map);
    warp_labels(labels, image.shape, map);
  }
  if (parameters.noise_sd) {
    add_noise(image, *parameters.noise_sd, parameters.noise_key);
  }
  each_channel(image, parameters.blur_sigma, [&](std::span<float> channel, double sigma) {
    blur(channel, image.shape, sigma);
  });
  each_channel(image, parameters.brightness, scale_brightness);
  each_channel(image, parameters.contrast, scale_contrast);
  each_channel(image, parameters.zoom, [&](std::span<float> channel, double zoom) {
    lower_resolution(channel, image.shape, zoom);
  });
  each_channel(image, parameters.gamma_inverted, [](std::span<float> channel, double gamma) {
    apply_gamma(channel, gamma, true);
  });
  each_channel(image, parameters.gamma, [](std::span<float> channel, double gamma) {
    apply_gamma(channel, gamma, false);
  });
  for (std::size_t c = 0; c < image.channels(); ++c) {
    mirror(image.channel(c), image.shape, parameters.mirror);
  }
  mirror(labels, image.shape, parameters.mirror);
}

}  // namespace yates::io
