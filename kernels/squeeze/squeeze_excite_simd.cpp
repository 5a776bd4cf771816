// SPDX-License-Identifier: Apache-2.0
// Compiled once per instruction set (kernels/simd/lanes.hpp).
#include "kernels/squeeze/squeeze_excite_simd.hpp"

#include "kernels/simd/channel_tiles.hpp"

namespace yates::kernels::YATES_SIMD {

void squeeze_block(const ChannelBlock& block,
                   const SqueezeTerms& terms,
                   float* sum,
                   float* tile_sums_out) {
  float* const tiles[1] = {tile_sums_out};
  tile_sums<1>(block,
               tiles,
               [&terms, sum](std::int64_t i, std::int64_t, std::int64_t count, Lanes(&values)[1]) {
                 Lanes total = load_some(terms.of[0] + i, count);
                 for (int term = 1; term < terms.count; ++term) {
                   total += load_some(terms.of[term] + i, count);
                 }
                 if (sum != nullptr) {
                   store_some(sum + i, total, count);
                 }
                 values[0] = total;
               });
}

void product_sums_block(const ChannelBlock& block,
                        const float* a,
                        const float* b,
                        float* tile_sums_out) {
  float* const tiles[1] = {tile_sums_out};
  tile_sums<1>(
      block, tiles, [a, b](std::int64_t i, std::int64_t, std::int64_t count, Lanes(&values)[1]) {
        values[0] = load_some(a + i, count) * load_some(b + i, count);
      });
}

void scale_block(
    const ChannelBlock& block, const float* x, const float* factor, const float* shift, float* y) {
  for_each_vector(block, [&](std::int64_t i, std::int64_t t, std::int64_t count) {
    const Lanes scaled = load_some(x + i, count) * load(factor + t);
    store_some(y + i, shift == nullptr ? scaled : scaled + load(shift + t), count);
  });
}

}  // namespace yates::kernels::YATES_SIMD
