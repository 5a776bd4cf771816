// SPDX-License-Identifier: Apache-2.0
#include "io/augment/intensity.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "io/augment/fast_math.hpp"

namespace yates::io {
namespace {

constexpr std::size_t kBlock = 4096;

struct Moments {
  float least;
  float most;
  double mean;
  double sd;  ///< Population.
};

/// Two passes in double over eight partial sums, in a fixed order.
Moments moments(std::span<const float> values) {
  constexpr std::size_t kParts = 8;
  const std::size_t even = values.size() / kParts * kParts;
  const auto total = [&](const auto& term) {
    std::array<double, kParts> parts{};
    for (std::size_t i = 0; i < even; i += kParts) {
      for (std::size_t k = 0; k < kParts; ++k) {
        parts[k] += term(values[i + k]);
      }
    }
    for (std::size_t i = even; i < values.size(); ++i) {
      parts[i - even] += term(values[i]);
    }
    return ((parts[0] + parts[1]) + (parts[2] + parts[3])) +
           ((parts[4] + parts[5]) + (parts[6] + parts[7]));
  };
  std::array<float, kParts> least;
  std::array<float, kParts> most;
  least.fill(values[0]);
  most.fill(values[0]);
  for (std::size_t i = 0; i < values.size(); ++i) {
    float& low = least[i % kParts];
    float& high = most[i % kParts];
    low = values[i] < low ? values[i] : low;
    high = values[i] > high ? values[i] : high;
  }
  const auto count = static_cast<double>(values.size());
  const double mean = total([](float v) { return static_cast<double>(v); }) / count;
  const double square = total([mean](float v) {
    const double d = static_cast<double>(v) - mean;
    return d * d;
  });
  return {.least = *std::min_element(least.begin(), least.end()),
          .most = *std::max_element(most.begin(), most.end()),
          .mean = mean,
          .sd = std::sqrt(square / count)};
}

}  // namespace

void add_noise(const PatchView& image, double sd, const NoiseKey& key) {
  std::array<float, kBlock> normals{};
  const auto scale = static_cast<float>(sd);
  for (std::size_t c = 0; c < image.channels(); ++c) {
    const std::span<float> channel = image.channel(c);
    for (std::size_t begin = 0; begin < channel.size(); begin += kBlock) {
      const std::span<float> part =
          channel.subspan(begin, std::min(kBlock, channel.size() - begin));
      const auto block = static_cast<std::uint32_t>(begin / kBlock);
      fill_normal({normals.data(), part.size()}, key, {block, static_cast<std::uint32_t>(c), 1});
      for (std::size_t i = 0; i < part.size(); ++i) {
        part[i] += scale * normals[i];
      }
    }
  }
}

void scale_brightness(std::span<float> channel, double factor) {
  const auto scale = static_cast<float>(factor);
  for (float& value : channel) {
    value *= scale;
  }
}

void scale_contrast(std::span<float> channel, double factor) {
  const Moments before = moments(channel);
  const auto mean = static_cast<float>(before.mean);
  const auto scale = static_cast<float>(factor);
  for (float& value : channel) {
    const float scaled = (value - mean) * scale + mean;
    const float raised = scaled < before.least ? before.least : scaled;
    value = raised > before.most ? before.most : raised;
  }
}

void apply_gamma(std::span<float> channel, double gamma, bool inverted) {
  const float sign = inverted ? -1.0F : 1.0F;
  const Moments before = moments(channel);
  const float least = inverted ? -before.most : before.least;
  const double range = static_cast<double>(before.most) - static_cast<double>(before.least) + 1e-7;
  const auto scale = static_cast<float>(range);
  const auto inverse = static_cast<float>(1 / range);
  const auto power = static_cast<float>(gamma);
  for (float& value : channel) {
    const float t = std::max((sign * value - least) * inverse, 0x1p-120F);
    const float exponent = std::max(power * fast_log2(t), -126.0F);
    value = fast_exp2(exponent) * scale + least;
  }
  const Moments after = moments(channel);
  const double restore = before.sd / (after.sd + 1e-8);
  const auto mean_after = static_cast<float>(after.mean);
  const auto factor = static_cast<float>(restore) * sign;
  const auto mean_before = static_cast<float>(before.mean);
  for (float& value : channel) {
    value = (value - mean_after) * factor + mean_before;
  }
}

}  // namespace yates::io
