// SPDX-License-Identifier: Apache-2.0
#include "kernels/prune/token_prune_cpu.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "base/error.hpp"
#include "kernels/prune/token_prune_simd.hpp"
#include "kernels/simd/aligned_buffer.hpp"
#include "kernels/simd/channel_slices.hpp"

namespace yates::kernels {
namespace {

constexpr std::int64_t kRowsPerBlock = 1024;

/// An unsigned number that orders as the scores do: NaN lowest, both zeros equal.
std::uint32_t sort_key(float score) {
  constexpr std::uint32_t kSign = 0x80000000U;
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0F);  // -0 + 0 is 0
  const std::uint32_t key = (bits & kSign) != 0 ? ~bits : bits | kSign;
  return score == score ? key : 0;
}

/// One round of the selection: among keys whose bits above `shift + bits` equal those of `prefix`,
/// finds the next `bits` bits of the key at `rank` (0 = largest) and makes `rank` relative to it.
void narrow(std::span<const std::uint32_t> keys,
            unsigned shift,
            unsigned bits,
            std::uint32_t& prefix,
            std::int64_t& rank) {
  std::array<std::int64_t, 2048> counts{};
  const std::uint32_t mask = (1U << bits) - 1;
  const unsigned above = shift + bits;
  for (const std::uint32_t key : keys) {
    if (above == 32 || key >> above == prefix >> above) {
      ++counts[(key >> shift) & mask];
    }
  }
  std::uint32_t digit = mask;
  while (rank >= counts[digit]) {
    rank -= counts[digit];
    --digit;
  }
  prefix |= digit << shift;
}

}  // namespace

void token_norms_cpu(const float* x,
                     std::int64_t rows,
                     std::int64_t channels,
                     float* norms,
                     const ParallelRunner& parallel,
                     Isa isa) {
  const auto run = YATES_FOR_ISA(isa, row_norms);
  parallel(divide_up(rows, kRowsPerBlock), [&](std::int64_t block) {
    const std::int64_t first = block * kRowsPerBlock;
    run({.x = x + first * channels,
         .rows = std::min(kRowsPerBlock, rows - first),
         .channels = channels,
         .norms = norms + first});
  });
}

void select_tokens_cpu(std::span<const float> scores,
                       std::span<std::int32_t> kept,
                       std::span<std::int32_t> dropped) {
  YATES_ASSERT(kept.size() + dropped.size() == scores.size(),
               "{} + {} of {}",
               kept.size(),
               dropped.size(),
               scores.size());
  std::vector<std::uint32_t> keys(scores.size());
  std::transform(scores.begin(), scores.end(), keys.begin(), sort_key);
  // The key of the last kept token, and how many tokens of exactly that key are kept.
  std::uint32_t cut = 0xFFFFFFFFU;
  std::int64_t equal = 0;
  if (!kept.empty()) {
    cut = 0;
    std::int64_t rank = static_cast<std::int64_t>(kept.size()) - 1;
    narrow(keys, 21, 11, cut, rank);
    narrow(keys, 10, 11, cut, rank);
    narrow(keys, 0, 10, cut, rank);
    equal = rank + 1;
  }
  std::size_t next_kept = 0;
  std::size_t next_dropped = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool tie = keys[i] == cut && equal > 0;
    equal -= tie ? 1 : 0;
    if (keys[i] > cut || tie) {
      kept[next_kept++] = static_cast<std::int32_t>(i);
    } else {
      dropped[next_dropped++] = static_cast<std::int32_t>(i);
    }
  }
}

void mean_of_rows_cpu(const float* x,
                      std::int64_t channels,
                      std::span<const std::int32_t> rows,
                      float* mean,
                      Isa isa) {
  const auto run = YATES_FOR_ISA(isa, row_sum);
  AlignedBuffer partial(channels);
  run({.x = x,
       .channels = channels,
       .rows = rows.data(),
       .count = static_cast<std::int64_t>(rows.size()),
       .partial = partial.data(),
       .sum = mean});
  for (std::int64_t c = 0; c < channels && !rows.empty(); ++c) {
    mean[c] /= static_cast<float>(rows.size());
  }
}

}  // namespace yates::kernels
