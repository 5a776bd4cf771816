// SPDX-License-Identifier: Apache-2.0
// Which tokens the Mamba layers of a pruned arm see.
#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

namespace yates::model {

/// Kept and dropped tokens of every sample, as row-major token indices, int64.
struct TokenSelection {
  at::Tensor kept;     ///< (batch, K), ascending.
  at::Tensor dropped;  ///< (batch, L - K), ascending.
};

/// The coordinates of a random decision: everything that draws it, so that it can be repeated on
/// any rank and at any resume point.
struct DrawPlace {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  std::uint64_t slot = 0;  ///< Of the first sample of the batch; the next ones follow.
};

/// Scores (batch, L) of tokens (batch, L, channel): the L2 norm over the channels, min-max
/// normalised over the tokens of one sample; all zero where the norms of a sample are equal.
at::Tensor energy_scores(const at::Tensor& tokens);

/// Scores (batch, L) uniform in [0, 1): the control scorer. `layer` names the stream.
at::Tensor random_scores(const at::Tensor& tokens,
                         const std::string& layer,
                         const DrawPlace& place);

/// The K = kept_tokens(keep_rate, L) best of every sample; ties go to the lower index, NaN ranks
/// last. Deterministic. O(L) time.
TokenSelection select_tokens(const at::Tensor& scores, double keep_rate);

}  // namespace yates::model
