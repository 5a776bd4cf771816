// SPDX-License-Identifier: Apache-2.0
// The first half of an exact selection on a GPU: the key of the last kept token.
#pragma once

#include <cstdint>

#include "kernels/simt/simt.cuh"

namespace yates::kernels {

inline constexpr int kSelectThreads = 256;
inline constexpr int kCutBins = 2048;

/// How far the selection of one sample is: keys above `cut` are kept, and the first `rank + 1` of
/// those equal to it.
struct Cut {
  std::uint32_t key;
  std::int32_t rank;
};

/// Sizes of the kernels, and the scratch memory as arrays.
struct SelectPlan {
  int batch, tokens, kept;
  int blocks;      ///< Of kSelectThreads tokens, per sample.
  unsigned* bins;  ///< (sample, bin)
  Cut* cuts;       ///< (sample)
  int* before;     ///< (list, block, 2): how many in the block, then before it
};

/// An unsigned number that orders as the scores do: NaN lowest, both zeros equal.
__device__ inline std::uint32_t sort_key(float score) {
  constexpr std::uint32_t kSign = 0x80000000U;
  const std::uint32_t bits = __float_as_uint(score + 0.0F);  // -0 + 0 is 0
  const std::uint32_t key = (bits & kSign) != 0 ? ~bits : bits | kSign;
  return score == score ? key : 0;
}

/// Writes the cuts: a radix search over 11 + 11 + 10 bits of the keys. Integer atomics only.
void find_cuts_cuda(const SelectPlan& plan, const float* scores, Stream stream);

}  // namespace yates::kernels
