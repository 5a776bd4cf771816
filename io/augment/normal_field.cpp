// SPDX-License-Identifier: Apache-2.0
#include "io/augment/normal_field.hpp"

#include <algorithm>
#include <cmath>

#include "io/augment/fast_math.hpp"

namespace yates::io {
namespace {

constexpr std::size_t kBlock = 64;

/// kBlock normals from kBlock words: the first half gives the radii, the second the angles.
void box_muller(const std::array<std::uint32_t, kBlock>& words, std::array<float, kBlock>& out) {
  constexpr std::size_t kHalf = kBlock / 2;
  for (std::size_t i = 0; i < kHalf; ++i) {
    const float u =
        (static_cast<float>(static_cast<std::int32_t>(words[i] >> 1)) + 0.5F) * 0x1p-31F;
    const float turn =
        static_cast<float>(static_cast<std::int32_t>(words[kHalf + i] >> 8)) * 0x1p-24F;
    constexpr float kMinusTwoLn2 = -1.3862944F;
    const float radius = std::sqrt(std::max(0.0F, kMinusTwoLn2 * fast_log2(u)));
    float sine = 0;
    float cosine = 0;
    fast_sincos_turn(turn, sine, cosine);
    out[i] = radius * cosine;
    out[kHalf + i] = radius * sine;
  }
}

}  // namespace

NoiseKey draw_noise_key(RandomStream& random) {
  return {random.next_u32(), random.next_u32()};
}

void fill_normal(std::span<float> out,
                 const NoiseKey& key,
                 const std::array<std::uint32_t, 3>& place) {
  std::array<std::uint32_t, kBlock> words{};
  std::array<float, kBlock> normals{};
  for (std::size_t begin = 0; begin < out.size(); begin += kBlock) {
    for (std::size_t i = 0; i < kBlock; i += 4) {
      const auto counter = static_cast<std::uint32_t>((begin + i) / 4);
      const auto block = philox4x32_10({counter, place[0], place[1], place[2]}, key);
      std::copy(block.begin(), block.end(), words.begin() + static_cast<std::ptrdiff_t>(i));
    }
    box_muller(words, normals);
    const std::size_t count = std::min(kBlock, out.size() - begin);
    std::copy_n(normals.begin(), count, out.begin() + static_cast<std::ptrdiff_t>(begin));
  }
}

}  // namespace yates::io
