// SPDX-License-Identifier: Apache-2.0
// Dropped positions filled from the kept tokens around them: restore `neighbor` (appendix E.3).
#pragma once

#include <ATen/core/Tensor.h>

#include "model/prune/token_scores.hpp"

namespace yates::model {

/// y (batch, L, channel) of rows (batch, K + 1, channel), the kept tokens in the order of `kept`
/// (batch, K; int64, ascending) and the summary's row last. A kept token gets its row. A dropped
/// one gets the mean of the rows of the first kept token met along each of the six axis directions,
/// weighted by 1 / distance in tokens; the summary's row where none is met. The paper says only
/// "interpolated from its nearest retained neighbors": axis walks find them in O(L) and never mix
/// in a token across a dropped region that a nearer one stands before.
/// CPU, float32 or float64, differentiable in rows. Sums run in a fixed order: the same bits for
/// any thread count.
at::Tensor neighbor_restore(const at::Tensor& rows, const at::Tensor& kept, const TokenGrid& grid);

}  // namespace yates::model
