// SPDX-License-Identifier: Apache-2.0
#include "io/augment/parameters.hpp"

#include <numbers>
#include <string_view>

#include "base/random.hpp"

namespace yates::io {
namespace {

/// The coordinates of a sample; every part draws from a stream of its own.
struct Place {
  std::uint64_t seed;
  std::uint64_t step;
  std::uint64_t slot;

  [[nodiscard]] RandomStream stream(std::string_view part) const {
    return RandomStream(seed, part, step, slot);
  }
};

/// Uniform in [low, 1) or [1, high), each with probability one half.
double around_one(RandomStream& random, double low, double high) {
  return random.bernoulli(0.5) ? random.uniform(low, 1) : random.uniform(1, high);
}

std::optional<SpatialParameters> draw_spatial(const Place& place) {
  RandomStream random = place.stream("augment.spatial");
  const bool turned = random.bernoulli(0.2);
  const bool scaled = random.bernoulli(0.2);
  if (!turned && !scaled) {
    return std::nullopt;
  }
  SpatialParameters spatial;
  if (turned) {
    constexpr double kMost = std::numbers::pi / 6;
    for (double& angle : spatial.angles_rad) {
      angle = random.uniform(-kMost, kMost);
    }
  }
  if (scaled) {
    spatial.scale = around_one(random, 0.7, 1.4);
  }
  return spatial;
}

/// With probability `p` a value from `draw` for each channel, each of them with `p_channel`.
template <typename Draw>
std::optional<PerChannel> draw_channels(
    RandomStream random, double p, double p_channel, std::size_t channels, const Draw& draw) {
  if (!random.bernoulli(p)) {
    return std::nullopt;
  }
  PerChannel values(channels, 0.0);
  for (double& value : values) {
    if (random.bernoulli(p_channel)) {
      value = draw(random);
    }
  }
  return values;
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}  // namespace

AugmentParameters draw_augmentation(std::uint64_t seed,
                                    std::int64_t step,
                                    std::int64_t slot,
                                    std::size_t channels) {
  const Place place{seed, static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(slot)};
  AugmentParameters drawn;
  drawn.spatial = draw_spatial(place);
  RandomStream noise = place.stream("augment.noise");
  if (noise.bernoulli(0.1)) {
    drawn.noise_sd = noise.uniform(0, 0.1);
    drawn.noise_key = draw_noise_key(noise);
  }
  const auto between = [](double low, double high) {
    return [low, high](RandomStream& random) { return random.uniform(low, high); };
  };
  const auto about_one = [](double low, double high) {
    return [low, high](RandomStream& random) { return around_one(random, low, high); };
  };
  const auto each = [&](const char* part, double p, double p_channel, const auto& draw) {
    return draw_channels(place.stream(part), p, p_channel, channels, draw);
  };
  drawn.blur_sigma = each("augment.blur", 0.2, 0.5, between(0.5, 1));
  drawn.brightness = each("augment.brightness", 0.15, 1, between(0.75, 1.25));
  drawn.contrast = each("augment.contrast", 0.15, 1, about_one(0.75, 1.25));
  drawn.zoom = each("augment.low_resolution", 0.25, 0.5, between(0.5, 1));
  drawn.gamma_inverted = each("augment.gamma_inverted", 0.1, 1, about_one(0.7, 1.5));
  drawn.gamma = each("augment.gamma", 0.3, 1, about_one(0.7, 1.5));
  RandomStream mirror = place.stream("augment.mirror");
  for (bool& flipped : drawn.mirror) {
    flipped = mirror.bernoulli(0.5);
  }
  return drawn;
}

Json to_json(const AugmentParameters& parameters) {
  Json json;
  json["angles_rad"] = parameters.spatial ? Json(parameters.spatial->angles_rad) : Json(nullptr);
  json["scale"] = parameters.spatial ? Json(parameters.spatial->scale) : Json(nullptr);
  json["noise_sd"] = or_null(parameters.noise_sd);
  json["blur_sigma"] = or_null(parameters.blur_sigma);
  json["brightness"] = or_null(parameters.brightness);
  json["contrast"] = or_null(parameters.contrast);
  json["low_resolution_zoom"] = or_null(parameters.zoom);
  json["gamma_inverted"] = or_null(parameters.gamma_inverted);
  json["gamma"] = or_null(parameters.gamma);
  json["mirror_zyx"] = parameters.mirror;
  return json;
}

}  // namespace yates::io
