// SPDX-License-Identifier: Apache-2.0
// Which tokens the Mamba layers of a pruned arm see.
#pragma once

#include <ATen/core/Tensor.h>

namespace yates::model {

/// Kept and dropped tokens of every sample, as row-major token indices, int64.
struct TokenSelection {
  at::Tensor kept;     ///< (batch, K), ascending.
  at::Tensor dropped;  ///< (batch, L - K), ascending.
};

/// The K = kept_tokens(keep_rate, L) best of every sample of `scores` (batch, L), float32 or
/// float64; ties go to the lower index, NaN ranks last. Deterministic. O(L) time in float32
/// (kernels/prune); float64 runs the reference.
TokenSelection select_tokens(const at::Tensor& scores, double keep_rate);

}  // namespace yates::model
